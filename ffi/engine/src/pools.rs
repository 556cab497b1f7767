//! State of constant-product pools: reserves as the program sees them, and its own arithmetic.
//!
//! Raydium v4 and CPMM both keep what they owe (fees, profit) in the vaults and leave it out of the price.
//! A pool is *exact* when its newest landed swap gave what this arithmetic says, to the unit (or none has
//! landed since its snapshot).

use std::collections::HashMap;

use crate::call::Dex;
use crate::legs::Leg;
use crate::pubkey::Pubkey;

/// An account as a snapshot has it.
pub struct Account<'a> {
    /// Its address.
    pub pubkey: Pubkey,
    /// The program that owns it.
    pub owner: Pubkey,
    /// Its bytes.
    pub data: &'a [u8],
}

/// What decides a swap's fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fee {
    /// Raydium v4: `numerator / denominator` of the input, by spl-math's ceiling with its dust rule.
    AmmV4 { numerator: u64, denominator: u64 },
    /// Raydium CPMM: shares of a million; the protocol's and the fund's part stay owed in the vault.
    Cpmm { trade: u64, protocol: u64, fund: u64 },
}

/// One pool, small enough to be copied into the history of its window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Mints of the two vaults.
    pub mints: [Pubkey; 2],
    vaults: [Pubkey; 2],
    balances: [u64; 2],
    fees_owed: [u64; 2],
    fee: Fee,
    /// Whether the newest landed swap agreed with this state.
    pub exact: bool,
}

impl Pool {
    /// Tokens that price a swap: the vaults less what is owed.
    #[must_use]
    pub fn reserves(&self) -> [u64; 2] {
        [0, 1].map(|side| self.balances[side].saturating_sub(self.fees_owed[side]))
    }

    /// The side of this vault.
    #[must_use]
    pub fn vault_side(&self, vault: &Pubkey) -> Option<usize> {
        self.vaults.iter().position(|known| known == vault)
    }

    /// The share of an input that is left after the trade fee, 0..=1; rounding apart.
    #[must_use]
    pub fn gamma(&self) -> f64 {
        match self.fee {
            Fee::AmmV4 { numerator, denominator } => 1.0 - numerator as f64 / denominator.max(1) as f64,
            Fee::Cpmm { trade, .. } => 1.0 - trade as f64 / CPMM_RATE as f64,
        }
    }

    /// Which vault holds `mint`.
    #[must_use]
    pub fn side_of(&self, mint: &Pubkey) -> Option<usize> {
        self.mints.iter().position(|known| known == mint)
    }

    /// Swaps `amount_in` of the mint at `side` (0 or 1); returns what the pool pays, rounded as the program does.
    ///
    /// `None` where the program refuses: nothing would be paid, or a number overflows.
    ///
    /// Source: `swap_base_in` of raydium-amm, `swap_base_input` of raydium-cp-swap.
    pub fn swap(&mut self, side: usize, amount_in: u64) -> Option<u64> {
        let [reserve_in, reserve_out] = [self.reserves()[side], self.reserves()[1 - side]].map(u128::from);
        let input = u128::from(amount_in);
        let (fee, kept) = match self.fee {
            Fee::AmmV4 { numerator, denominator } => {
                (spl_ceil_div(input * u128::from(numerator), u128::from(denominator))?, 0)
            }
            Fee::Cpmm { trade, protocol, fund } => {
                let fee = (input * u128::from(trade)).div_ceil(CPMM_RATE);
                let part = |rate: u64| fee * u128::from(rate) / CPMM_RATE;
                (fee, part(protocol) + part(fund))
            }
        };
        let after_fee = input.checked_sub(fee)?;
        let out = reserve_out.checked_mul(after_fee)?.checked_div(reserve_in.checked_add(after_fee)?)?;
        let out = u64::try_from(out).ok().filter(|&out| out > 0)?;
        self.balances[side] = self.balances[side].checked_add(amount_in)?;
        self.fees_owed[side] = self.fees_owed[side].checked_add(u64::try_from(kept).ok()?)?;
        self.balances[1 - side] = self.balances[1 - side].checked_sub(out)?;
        Some(out)
    }

    /// Adds what came into or left the vaults outside of swaps (liquidity, collected fees).
    pub fn adjust_vaults(&mut self, delta: [i128; 2]) {
        for (balance, delta) in self.balances.iter_mut().zip(delta) {
            *balance = u64::try_from(i128::from(*balance) + delta).unwrap_or(0);
        }
    }
}

/// CPMM's rates are parts of this.
const CPMM_RATE: u128 = 1_000_000;

/// spl-math's `checked_ceil_div`: a quotient of 0 becomes 1 from one half on, else 0.
fn spl_ceil_div(amount: u128, divisor: u128) -> Option<u128> {
    let quotient = amount.checked_div(divisor)?;
    if quotient == 0 {
        return Some(u128::from(amount * 2 >= divisor));
    }
    Some(amount.div_ceil(divisor))
}

/// All known pools and the vaults that belong to them. A pool keeps its index for as long as it is known.
#[derive(Default)]
pub struct Pools {
    pools: Vec<Pool>,
    identity: Vec<(Pubkey, &'static Dex)>,
    indices: HashMap<Pubkey, u32>,
    vaults: HashMap<Pubkey, (Pubkey, usize)>,
    by_mint: HashMap<Pubkey, Vec<u32>>,
}

impl Pools {
    /// Loads a snapshot: the pools whose config and vaults it also contains. Returns how many.
    pub fn load(&mut self, accounts: &[Account<'_>]) -> usize {
        let by_key: HashMap<Pubkey, &Account<'_>> =
            accounts.iter().map(|account| (account.pubkey, account)).collect();
        let before = self.pools.len();
        for account in accounts {
            let Some(dex) = crate::dex::by_program(&account.owner.0) else { continue };
            let pool = match dex.id {
                "raydium_amm_v4" => amm_v4(account.data, &by_key),
                "raydium_cpmm" => cpmm(account.data, &by_key),
                _ => None,
            };
            let Some(pool) = pool else { continue };
            for (side, vault) in pool.vaults.into_iter().enumerate() {
                self.vaults.insert(vault, (account.pubkey, side));
            }
            if let Some(&index) = self.indices.get(&account.pubkey) {
                self.pools[index as usize] = pool;
                continue;
            }
            let index = self.pools.len() as u32;
            self.indices.insert(account.pubkey, index);
            for mint in pool.mints {
                self.by_mint.entry(mint).or_default().push(index);
            }
            self.identity.push((account.pubkey, dex));
            self.pools.push(pool);
        }
        self.pools.len() - before
    }

    /// How many pools are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pools.len()
    }

    /// Whether none is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pools.is_empty()
    }

    /// The pool's state now.
    #[must_use]
    pub fn get(&self, pool: &Pubkey) -> Option<&Pool> {
        Some(self.at(self.index_of(pool)?))
    }

    /// The pool's index.
    #[must_use]
    pub fn index_of(&self, pool: &Pubkey) -> Option<u32> {
        self.indices.get(pool).copied()
    }

    /// The state of the pool with this index.
    #[must_use]
    pub fn at(&self, index: u32) -> &Pool {
        &self.pools[index as usize]
    }

    /// Address and DEX of the pool with this index.
    #[must_use]
    pub fn identity(&self, index: u32) -> (Pubkey, &'static Dex) {
        self.identity[index as usize]
    }

    /// Indices of the pools that trade `mint`.
    #[must_use]
    pub fn with_mint(&self, mint: &Pubkey) -> &[u32] {
        self.by_mint.get(mint).map_or(&[], Vec::as_slice)
    }

    /// The pool and side of a vault.
    #[must_use]
    pub fn vault(&self, account: &Pubkey) -> Option<(Pubkey, usize)> {
        self.vaults.get(account).copied()
    }

    /// Applies a landed leg; the pool stays exact only if it paid what the arithmetic says.
    pub fn apply(&mut self, leg: &Leg) {
        let Some(&index) = self.indices.get(&leg.pool) else { return };
        let pool = &mut self.pools[index as usize];
        let Some(side) = pool.side_of(&leg.in_mint) else { return };
        let mut next = *pool;
        let agrees = next.swap(side, leg.in_amount) == Some(leg.out_amount);
        if !agrees {
            let mut delta = [0; 2];
            delta[side] = i128::from(leg.in_amount);
            delta[1 - side] = -i128::from(leg.out_amount);
            next = *pool;
            next.adjust_vaults(delta);
        }
        next.exact = agrees;
        *pool = next;
    }

    /// Sets a vault to the balance that a transaction left; returns what moved besides its swaps.
    pub fn set_vault_balance(&mut self, pool: &Pubkey, side: usize, balance: u64) -> i128 {
        let Some(&index) = self.indices.get(pool) else { return 0 };
        let known = &mut self.pools[index as usize];
        let moved = i128::from(balance) - i128::from(known.balances[side]);
        known.balances[side] = balance;
        moved
    }
}

fn u64_at(data: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(data.get(at..at + 8)?.try_into().ok()?))
}

fn key_at(data: &[u8], at: usize) -> Option<Pubkey> {
    Pubkey::from_slice(data.get(at..at + 32)?)
}

/// A token account's amount (spl-token layout: mint 32, owner 32, amount u64).
fn balance_of(vault: &Pubkey, accounts: &HashMap<Pubkey, &Account<'_>>) -> Option<u64> {
    u64_at(accounts.get(vault)?.data, 64)
}

/// `AmmInfo`, 752 bytes: 16 u64, fees at 128 (swap fee at 176 and 184), profit owed at 192 and 200,
/// vaults at 336, mints at 400, open orders at 496, whose totals (85, 101) belong to the reserves.
fn amm_v4(data: &[u8], accounts: &HashMap<Pubkey, &Account<'_>>) -> Option<Pool> {
    if data.len() != 752 {
        return None;
    }
    let vaults = [key_at(data, 336)?, key_at(data, 368)?];
    let fees_owed = [u64_at(data, 192)?, u64_at(data, 200)?];
    let orders = accounts.get(&key_at(data, 496)?).map_or([0, 0], |orders| {
        [u64_at(orders.data, 85).unwrap_or(0), u64_at(orders.data, 101).unwrap_or(0)]
    });
    // What rests in the order book counts for the price but is not in the vaults: the pool is then not exact.
    Some(Pool {
        mints: [key_at(data, 400)?, key_at(data, 432)?],
        vaults,
        balances: [balance_of(&vaults[0], accounts)?, balance_of(&vaults[1], accounts)?],
        fees_owed,
        fee: Fee::AmmV4 { numerator: u64_at(data, 176)?, denominator: u64_at(data, 184)? },
        exact: orders == [0, 0],
    })
}

/// `PoolState`, 637 bytes with its discriminator: config at 8, vaults at 72, mints at 168, protocol fees
/// at 341, fund fees at 357, creator fee switch at 390, creator fees at 397. `AmmConfig`: trade rate at 12,
/// protocol rate at 20, fund rate at 28.
fn cpmm(data: &[u8], accounts: &HashMap<Pubkey, &Account<'_>>) -> Option<Pool> {
    if data.len() < 413 {
        return None;
    }
    let config = accounts.get(&key_at(data, 8)?)?.data;
    let vaults = [key_at(data, 72)?, key_at(data, 104)?];
    let fees_owed = |side: usize| {
        let parts = [341, 357, 397].map(|at| u64_at(data, at + 8 * side));
        parts.into_iter().try_fold(0_u64, |sum, part| sum.checked_add(part?))
    };
    Some(Pool {
        mints: [key_at(data, 168)?, key_at(data, 200)?],
        vaults,
        balances: [balance_of(&vaults[0], accounts)?, balance_of(&vaults[1], accounts)?],
        fees_owed: [fees_owed(0)?, fees_owed(1)?],
        fee: Fee::Cpmm {
            trade: u64_at(config, 12)?,
            protocol: u64_at(config, 20)?,
            fund: u64_at(config, 28)?,
        },
        // This arithmetic has no creator's fee yet, so a pool with one is not exact.
        exact: data.get(390) == Some(&0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(fee: Fee) -> Pool {
        Pool {
            mints: [Pubkey([1; 32]), Pubkey([2; 32])],
            vaults: [Pubkey([3; 32]), Pubkey([4; 32])],
            balances: [1_000_000_100, 2_000_000_050],
            fees_owed: [100, 50],
            fee,
            exact: true,
        }
    }

    #[test]
    fn spl_ceil_div_keeps_the_dust_rule_of_the_program() {
        for (amount, fee) in [(199, 0), (200, 1), (399, 1), (400, 1), (401, 2), (1_000_000, 2_500)] {
            assert_eq!(spl_ceil_div(amount * 25, 10_000), Some(fee), "{amount}");
        }
    }

    #[test]
    fn swap_never_lowers_the_product_and_rounds_down() {
        let mut state = 7_u64;
        let fees = [
            Fee::AmmV4 { numerator: 25, denominator: 10_000 },
            Fee::Cpmm { trade: 2_500, protocol: 120_000, fund: 40_000 },
        ];
        for fee in fees {
            for _ in 0..10_000 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let (mut after, side) = (pool(fee), (state & 1) as usize);
                let amount = 1 + (state >> 20) % 900_000_000;
                let product = |pool: &Pool| pool.reserves().map(u128::from).iter().product::<u128>();
                let before = product(&after);
                let Some(out) = after.swap(side, amount) else { continue };
                assert!(product(&after) >= before, "amount {amount} side {side}");
                assert!(
                    u128::from(out) * u128::from(pool(fee).reserves()[side])
                        <= u128::from(amount) * u128::from(pool(fee).reserves()[1 - side])
                );
            }
        }
    }

    #[test]
    fn swap_refuses_what_would_pay_nothing() {
        let fee = Fee::AmmV4 { numerator: 25, denominator: 10_000 };
        assert_eq!(pool(fee).swap(1, 0), None);
        assert_eq!(pool(fee).swap(1, 1), None, "0.5 rounds down to nothing");
        assert_eq!(pool(fee).swap(0, 1), Some(1));
    }
}
