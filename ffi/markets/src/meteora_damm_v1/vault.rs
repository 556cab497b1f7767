//! Meteora's dynamic vault: one for each mint, shared by all pools of that mint.
//!
//! Source: @meteora-ag/vault-sdk 2.3.1 (MIT): `calculateWithdrawableAmount`.

use crate::token::TOKEN;
use crate::{Accounts, Address, Now, Refusal};

/// `24Uqj9JCLxUeoC3hGfh5W3s9FM9uCHDS2SG3LYwBpyTi`.
const PROGRAM: Address = [
    15, 191, 232, 132, 109, 104, 92, 189, 198, 44, 202, 126, 4, 199, 232, 246, 141, 204, 49, 58, 179, 18,
    119, 226, 224, 17, 42, 46, 192, 224, 82, 229,
];
const VAULT: [u8; 8] = [211, 8, 232, 43, 2, 152, 117, 119];
const VAULT_BYTES: usize = 1227;
const MINT_BYTES: usize = 82;
/// Locked profit is a part of this.
const WHOLE: u128 = 1_000_000_000_000;

/// What a swap does not change: profit is reported by the vault's operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Terms {
    is_enabled: bool,
    locked_profit: u64,
    reported_s: u64,
    /// Parts of [`WHOLE`] that unlock in a second.
    degradation: u64,
}

/// What deposits and withdrawals change, this pool's and others'.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Vault {
    /// All that it has, here and in strategies.
    pub total: u64,
    /// Of its liquidity token.
    pub supply: u64,
    /// What can be paid at once.
    pub tokens: u64,
}

/// The vault at `address`, and its liquidity token's mint.
pub(super) fn load(
    address: &Address,
    mint: &Address,
    accounts: &dyn Accounts,
) -> Result<(Terms, Vault, Address), Refusal> {
    let vault = accounts.need(address, &PROGRAM)?;
    vault.check(VAULT, VAULT_BYTES)?;
    let tokens = crate::token::Vault::load(&vault.address(19)?, accounts)?;
    if tokens.mint != *mint || vault.address(83)? != *mint {
        return Err(Refusal::Hostile("a vault's mint does not match the pool"));
    }
    let lp_mint = vault.address(115)?;
    let supply = accounts.need(&lp_mint, &TOKEN)?;
    if supply.data.len() < MINT_BYTES {
        return Err(Refusal::Hostile("the account of a vault's LP mint is too short"));
    }
    let terms = Terms {
        is_enabled: vault.u8(8)? != 0,
        locked_profit: vault.u64(1203)?,
        reported_s: vault.u64(1211)?,
        degradation: vault.u64(1219)?,
    };
    if terms.locked_profit > vault.u64(11)? || u128::from(terms.degradation) > WHOLE {
        return Err(Refusal::Hostile(
            "a vault's locked profit exceeds its total, or more than all of it unlocks each second",
        ));
    }
    Ok((terms, Vault { total: vault.u64(11)?, supply: supply.u64(36)?, tokens: tokens.amount }, lp_mint))
}

impl Terms {
    /// A disabled vault takes nothing more; withdrawals stay possible.
    pub fn check_deposit(&self) -> Result<(), Refusal> {
        if self.is_enabled { Ok(()) } else { Err(Refusal::Program("VaultIsDisabled")) }
    }

    /// What shares are of: the total without profit that is still locked.
    pub fn unlocked(&self, vault: &Vault, now: &Now) -> Result<u64, Refusal> {
        let now_s = u64::try_from(now.time_s).map_err(|_| Refusal::Overflow)?;
        let age_s = now_s.checked_sub(self.reported_s).ok_or(Refusal::Program("MathOverflow"))?;
        let unlocked = u128::from(age_s) * u128::from(self.degradation);
        if unlocked >= WHOLE || self.locked_profit == 0 {
            return Ok(vault.total);
        }
        let locked = u128::from(self.locked_profit) * (WHOLE - unlocked) / WHOLE;
        let locked = u64::try_from(locked).map_err(|_| Refusal::Overflow)?;
        vault.total.checked_sub(locked).ok_or(Refusal::Program("MathOverflow"))
    }
}

impl Vault {
    pub fn deposit(&mut self, amount: u64, minted: u64) -> Result<(), Refusal> {
        let add = |number: &mut u64, more: u64| -> Result<(), Refusal> {
            *number = number.checked_add(more).ok_or(Refusal::Overflow)?;
            Ok(())
        };
        add(&mut self.total, amount)?;
        add(&mut self.tokens, amount)?;
        add(&mut self.supply, minted)
    }

    pub fn withdraw(&mut self, amount: u64, burnt: u64) -> Result<(), Refusal> {
        let take = |number: &mut u64, less: u64| -> Result<(), Refusal> {
            *number = number.checked_sub(less).ok_or(Refusal::Overflow)?;
            Ok(())
        };
        take(&mut self.total, amount)?;
        take(&mut self.tokens, amount)?;
        take(&mut self.supply, burnt)
    }
}
