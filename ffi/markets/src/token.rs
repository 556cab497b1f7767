//! Mints: which token program they belong to, and what Token-2022 withholds of a transfer.

use crate::account::{Account, Accounts};
use crate::address::Address;
use crate::quote::{Now, Refusal};

/// spl-token.
pub(crate) const TOKEN: Address = [
    6, 221, 246, 225, 215, 101, 161, 147, 217, 203, 225, 70, 206, 235, 121, 172, 28, 180, 133, 237, 95, 91,
    55, 145, 58, 140, 245, 133, 126, 255, 0, 169,
];
/// Token-2022.
pub(crate) const TOKEN_2022: Address = [
    6, 221, 246, 225, 238, 117, 143, 222, 24, 66, 93, 188, 228, 108, 205, 218, 182, 26, 252, 77, 131, 185,
    13, 39, 254, 189, 249, 40, 216, 161, 139, 252,
];

/// A share of a transfer, of 10,000, and its maximum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct TransferFee {
    /// Of 10,000.
    pub basis_points: u16,
    /// Most that is withheld, in units of the mint.
    pub maximum: u64,
}

/// Basis points of a whole.
const WHOLE: u128 = 10_000;

impl TransferFee {
    /// What is withheld of `amount`. Source: `TransferFee::calculate_fee` of Token-2022.
    #[must_use]
    pub fn of(&self, amount: u64) -> u64 {
        let share = (u128::from(amount) * u128::from(self.basis_points)).div_ceil(WHOLE);
        u64::try_from(share).unwrap_or(u64::MAX).min(self.maximum)
    }

    /// What is withheld of the transfer of which `post` arrives. Source: `calculate_inverse_fee`.
    #[must_use]
    pub fn inverse(&self, post: u64) -> Option<u64> {
        if self.basis_points == 0 || post == 0 {
            return Some(0);
        }
        if u128::from(self.basis_points) >= WHOLE {
            return Some(self.maximum);
        }
        let pre = (u128::from(post) * WHOLE).div_ceil(WHOLE - u128::from(self.basis_points));
        let pre = pre.min(u128::from(post) + u128::from(self.maximum));
        Some(self.of(u64::try_from(pre).ok()?))
    }

    /// The transfer of which `post` arrives; `None` where no transfer does exactly that.
    #[must_use]
    pub fn before(&self, post: u64) -> Option<u64> {
        let fee = self.inverse(post)?;
        let whole = post.checked_add(fee)?;
        (self.of(whole) == fee).then_some(whole)
    }
}

/// What a mint does to transfers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Mint {
    /// The older fee, and the newer one from its epoch on.
    older: TransferFee,
    newer: TransferFee,
    newer_epoch: u64,
    /// A program is called at each transfer, which may refuse it.
    pub hook: bool,
}

impl Mint {
    /// The mint at `address` whose pool's vault belongs to `token_program`. The mint of spl-token has no fee and
    /// need not be held.
    ///
    /// # Errors
    /// [`Refusal::NotHeld`] for a mint of Token-2022.
    pub fn load(
        address: &Address,
        token_program: &Address,
        accounts: &dyn Accounts,
    ) -> Result<Mint, Refusal> {
        match *token_program {
            TOKEN => Ok(Mint::default()),
            TOKEN_2022 => Mint::read(&accounts.need(address, &TOKEN_2022)?),
            _ => Err(Refusal::Hostile("a vault has an unknown token program")),
        }
    }

    /// Type, length and body of extensions follow each other from byte 166 on.
    fn read(account: &Account<'_>) -> Result<Mint, Refusal> {
        const EXTENSIONS: usize = 166;
        const TRANSFER_FEE_CONFIG: u16 = 1;
        const TRANSFER_HOOK: u16 = 14;
        const OLDER: usize = 72;
        const NEWER: usize = 90;
        let mut mint = Mint::default();
        let mut at = EXTENSIONS;
        while at + 4 <= account.data.len() {
            let (kind, length) = (account.u16(at)?, usize::from(account.u16(at + 2)?));
            let body = at + 4;
            match kind {
                0 => break,
                TRANSFER_FEE_CONFIG => {
                    mint.older = Self::fee(account, body + OLDER)?;
                    mint.newer = Self::fee(account, body + NEWER)?;
                    mint.newer_epoch = account.u64(body + NEWER)?;
                }
                TRANSFER_HOOK => mint.hook = account.address(body + 32)? != [0; 32],
                _ => {}
            }
            at = body + length;
        }
        Ok(mint)
    }

    /// An epoch, a maximum and basis points.
    fn fee(account: &Account<'_>, at: usize) -> Result<TransferFee, Refusal> {
        let basis_points = account.u16(at + 16)?;
        if u128::from(basis_points) > WHOLE {
            return Err(Refusal::Hostile("a mint's transfer fee is above 100 %"));
        }
        Ok(TransferFee { maximum: account.u64(at + 8)?, basis_points })
    }

    /// The fee of a transfer now.
    #[must_use]
    pub fn transfer_fee(&self, now: &Now) -> TransferFee {
        if now.epoch() >= self.newer_epoch { self.newer } else { self.older }
    }
}

/// A vault of a pool: a token account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vault {
    /// Of the token account.
    pub mint: Address,
    /// In units of the mint.
    pub amount: u64,
    /// Which of the two token programs owns it.
    pub token_program: Address,
}

impl Vault {
    /// Reads the token account at `address`.
    pub fn load(address: &Address, accounts: &dyn Accounts) -> Result<Vault, Refusal> {
        let account = accounts.get(address).ok_or(Refusal::NotHeld(*address))?;
        if account.owner != TOKEN && account.owner != TOKEN_2022 {
            return Err(Refusal::Hostile("a vault is not owned by a token program"));
        }
        Ok(Vault { mint: account.address(0)?, amount: account.u64(64)?, token_program: account.owner })
    }
}
