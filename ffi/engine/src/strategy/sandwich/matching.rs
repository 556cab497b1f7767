//! Which swaps of a pool are fronts and backs of one attack.

use super::super::activity::Activity;
use super::steps::{Step, Swap, swap_of};
use crate::pubkey::Pubkey;

/// What the backs close may differ by this share of what the fronts opened, in percent.
const AMOUNT_TOLERANCE_PCT: u128 = 5;
/// Places of an attack's legs among the steps of its pool.
pub(super) struct Attack {
    pub(super) fronts: Vec<usize>,
    pub(super) backs: Vec<usize>,
    pub(super) party: Vec<Pubkey>,
    pub(super) closes_in: Closing,
}

/// The mint in which an attack closes; its gain is in the other one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closing {
    /// What the fronts got, the backs pay: bought first.
    Bought,
    /// What the fronts paid, the backs get: sold first.
    Sold,
}

impl Closing {
    /// What a front opens.
    fn opened(self, front: &Swap) -> u128 {
        let leg = &front.landed.leg;
        u128::from(match self {
            Closing::Bought => leg.trader_out,
            Closing::Sold => leg.trader_in,
        })
    }

    /// What a back closes of it.
    fn closed(self, back: &Swap) -> u128 {
        let leg = &back.landed.leg;
        u128::from(match self {
            Closing::Bought => leg.trader_in,
            Closing::Sold => leg.trader_out,
        })
    }
}

/// The earliest attack to which no further back can belong: its party has nothing left to close, has started
/// again, or the window of the first front is over (`oldest` is the last such slot). `provisional`: the earliest
/// one to which a further back could belong and that was not reported yet.
pub(super) fn find_attack(
    steps: &[Step],
    activity: &Activity,
    oldest: u64,
    provisional: bool,
) -> Option<Attack> {
    let open = |at: usize| swap_of(&steps[at]).filter(|swap| !swap.consumed);
    for last in 1..steps.len() {
        let Some(back) = open(last) else { continue };
        let mint = back.mint_in();
        if !(0..last).any(|at| open(at).is_some_and(|swap| swap.mint_out() == mint)) {
            continue;
        }
        let party = activity.party_of(&[back.landed.leg.trader, back.signer]);
        let own_swap = |at: usize| open(at).filter(|swap| swap.is_of(&party));
        let fronts: Vec<usize> =
            (0..last).filter(|&at| own_swap(at).is_some_and(|swap| swap.mint_out() == mint)).collect();
        let (Some(&first), Some(&last_front)) = (fronts.first(), fronts.last()) else { continue };
        if (first..last_front).any(|at| own_swap(at).is_some_and(|swap| swap.mint_in() == mint)) {
            continue;
        }
        let window_over = open(first).is_some_and(|swap| swap.landed.slot <= oldest);
        let [bought, sold] =
            [Closing::Bought, Closing::Sold].map(|closes_in| backs_of(steps, &fronts, &party, closes_in));
        let ready = |found: &Backs| {
            let reported =
                found.backs.last().and_then(|&at| swap_of(&steps[at])).is_none_or(|swap| swap.reported);
            (found.ended || window_over) != provisional && !(provisional && reported)
        };
        let found = match (bought, sold) {
            (Some(bought), Some(sold)) if ready(&bought) || ready(&sold) => {
                // An attack that closes in both mints is counted in the one where it closes more exactly.
                let as_sold = if sold.backs == bought.backs {
                    sold.deviation_ppb < bought.deviation_ppb
                } else {
                    !ready(&bought)
                };
                if as_sold { sold } else { bought }
            }
            (Some(found), None) | (None, Some(found)) if ready(&found) => found,
            _ => continue,
        };
        return Some(Attack { fronts, backs: found.backs, party, closes_in: found.closes_in });
    }
    None
}

/// Backs that close what the fronts opened.
struct Backs {
    backs: Vec<usize>,
    closes_in: Closing,
    /// How much is left open or closed too much, in billionths of what was opened.
    deviation_ppb: u128,
    /// No further back can belong to them, whatever comes.
    ended: bool,
}

/// The party's swaps back after its fronts, if they close in this mint within the tolerance.
fn backs_of(steps: &[Step], fronts: &[usize], party: &[Pubkey], closes_in: Closing) -> Option<Backs> {
    let open = |at: usize| swap_of(&steps[at]).filter(|swap| !swap.consumed);
    let mint = open(*fronts.first()?)?.mint_out();
    let opened: u128 = fronts.iter().filter_map(|&at| open(at)).map(|swap| closes_in.opened(swap)).sum();
    let (mut closed, mut backs, mut starts_again) = (0_u128, Vec::new(), false);
    for at in fronts.last()? + 1..steps.len() {
        let Some(swap) = open(at).filter(|swap| swap.is_of(party)) else { continue };
        if swap.mint_out() == mint {
            starts_again = true;
            break;
        }
        if swap.mint_in() != mint {
            break;
        }
        let with_this = closed + closes_in.closed(swap);
        if with_this * 100 > opened * (100 + AMOUNT_TOLERANCE_PCT) {
            // A party that bought first and sells more than it bought sells from an older stock. One that bought
            // back more than it sold did not sell first: some sales of a bought stock happened to pay that much.
            if closes_in == Closing::Sold {
                return None;
            }
            break;
        }
        closed = with_this;
        backs.push(at);
    }
    let difference = opened.abs_diff(closed);
    let closes = difference * 100 <= opened * AMOUNT_TOLERANCE_PCT;
    // Some of the sales of a bought stock may pay about what the stock cost, so nearly equal is not enough here.
    let closed_all = match closes_in {
        Closing::Bought => closed >= opened,
        Closing::Sold => closed == opened,
    };
    let deviation_ppb = difference * 1_000_000_000 / opened.max(1);
    (closes && !backs.is_empty()).then_some(Backs {
        backs,
        closes_in,
        deviation_ppb,
        ended: closed_all || starts_again,
    })
}
