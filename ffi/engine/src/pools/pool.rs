//! One constant-product pool: its reserves, and the arithmetic of its program.

use crate::pubkey::Pubkey;

/// What decides a swap's fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fee {
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
    /// Token accounts of the two sides.
    pub(super) vaults: [Pubkey; 2],
    /// What they hold.
    pub(super) balances: [u64; 2],
    /// How much of that belongs to others: fees and profit that are not collected yet.
    pub(super) fees_owed: [u64; 2],
    pub(super) fee: Fee,
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
