//! How much a Token-2022 mint withheld from each of several transfers. The mint has one fee rate for all of them,
//! and the account's balance shows only the sum.

/// Maximum transfers into one account within one transaction that are split.
const TRANSFERS_MAX: usize = 16;
/// Most rates that are tried; more are possible only for sums of a few units.
const RATES_MAX: u128 = 64;
/// A fee rate is in parts of this.
const BPS: u128 = 10_000;

/// What an account was credited by one transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credit {
    /// Base units.
    pub amount: u64,
    /// False where it does not follow from what is known.
    pub exact: bool,
}

/// Amounts sent to one account whose fees are not known.
#[derive(Default)]
pub struct Gross {
    amounts: [u64; TRANSFERS_MAX],
    len: usize,
    total: u128,
}

impl Gross {
    /// Adds one.
    pub fn push(&mut self, amount: u64) {
        if let Some(place) = self.amounts.get_mut(self.len) {
            *place = amount;
        }
        self.len += 1;
        self.total += u128::from(amount);
    }

    fn amounts(&self) -> &[u64] {
        &self.amounts[..self.len.min(TRANSFERS_MAX)]
    }
}

/// What was credited for `amount`, one of `sent`, when `credited` is the sum credited for all of `sent`.
#[must_use]
pub fn share(amount: u64, sent: &Gross, credited: Option<u128>) -> Credit {
    let gross = Credit { amount, exact: false };
    // With wrapped SOL synced into the account, or minted tokens, more can be credited than was sent.
    let Some(withheld) = credited.and_then(|credited| sent.total.checked_sub(credited)) else { return gross };
    let less = |fee: u64| Credit { amount: amount.saturating_sub(fee), exact: true };
    if withheld == 0 {
        return less(0);
    }
    if sent.len == 1 {
        return u64::try_from(withheld).map_or(gross, less);
    }
    if sent.len > TRANSFERS_MAX || sent.total == 0 {
        return gross;
    }
    let same = sent.amounts().iter().all(|other| *other == amount);
    if same && withheld.is_multiple_of(sent.len as u128) {
        return less((withheld / sent.len as u128) as u64);
    }
    by_rate(amount, sent, withheld).map_or(gross, less)
}

/// The fee of `amount` at the rate at which all fees add up to `withheld`. `None` when no rate does, or when
/// several do and disagree about this fee.
fn by_rate(amount: u64, sent: &Gross, withheld: u128) -> Option<u64> {
    let fee = |amount: u64, rate: u128| (u128::from(amount) * rate).div_ceil(BPS);
    // Each fee is rounded up, by less than a unit.
    let lowest = withheld.saturating_sub(sent.len as u128) * BPS / sent.total;
    let highest = (withheld * BPS).div_ceil(sent.total).min(BPS);
    if highest.saturating_sub(lowest) > RATES_MAX {
        return None;
    }
    let fits = |rate: &u128| sent.amounts().iter().map(|&other| fee(other, *rate)).sum::<u128>() == withheld;
    let mut fees = (lowest..=highest).filter(fits).map(|rate| fee(amount, rate));
    let first = fees.next()?;
    fees.all(|other| other == first).then(|| u64::try_from(first).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(amounts: &[u64], credited: u128) -> Vec<Option<u64>> {
        let mut sent = Gross::default();
        amounts.iter().for_each(|&amount| sent.push(amount));
        let shares = amounts.iter().map(|&amount| share(amount, &sent, Some(credited)));
        shares.map(|credit| credit.exact.then_some(credit.amount)).collect()
    }

    #[test]
    fn share_splits_what_a_rate_explains_and_marks_the_rest() {
        assert_eq!(of(&[358_800, 358_800], 688_896), [Some(344_448), Some(344_448)], "4 % of each");
        assert_eq!(of(&[1_000_000, 3_000_001], 3_960_000), [Some(990_000), Some(2_970_000)], "1 %");
        assert_eq!(of(&[500], 480), [Some(480)], "one alone takes what is missing");
        assert_eq!(of(&[500, 700], 1_200), [Some(500), Some(700)], "nothing withheld");
        assert_eq!(of(&[1_000_000, 3_000_000], 3_999_000), [None, None], "a cap, no rate");
        assert_eq!(of(&[500, 700], 1_300), [None, None], "more than was sent");
        assert_eq!(of(&[3; 17], 40), [None; 17], "too many");
    }
}
