//! What an attack gained and what it cost its victims.

use super::super::activity::Activity;
use super::matching::{Attack, Closing};
use super::steps::{Step, StepKind, Swap, swap_of};
use super::totals::totals_of;
use crate::decision::{Decision, Kind, Tier, VictimLoss};
use crate::features::{self, Provenance, QuoteBase, Row, SandwichFacts};
use crate::pubkey::Pubkey;
use crate::token;

/// The decision of an attack that had victims; `None` for a party that only traded with itself.
pub(super) fn judge(steps: &[Step], attack: &Attack, activity: &Activity) -> Option<Decision> {
    let swaps = |places: &[usize]| places.iter().filter_map(|&at| swap_of(&steps[at])).collect::<Vec<_>>();
    let (fronts, backs) = (swaps(&attack.fronts), swaps(&attack.backs));
    let (first, last) = (*attack.fronts.first()?, *attack.backs.last()?);
    let bought = fronts[0].mint_out();
    let is_victim = |at: usize| {
        swap_of(&steps[at]).is_some_and(|swap| !swap.is_of(&attack.party) && swap.mint_out() == bought)
    };
    let victims: Vec<usize> = (first..last).filter(|&at| is_victim(at)).collect();
    if victims.is_empty() {
        return None;
    }
    let attackers = attackers_of(&fronts, &backs);
    let quote_mint = quote_mint_of(fronts[0], attack.closes_in);
    let totals = totals_of(activity, &attackers, &fronts, &backs, &quote_mint);
    let in_sol = quote_mint == token::WRAPPED_SOL;
    let net_raw = if in_sol { totals.lamports } else { totals.tokens };
    let without = execute_without(steps, first, last, &attack.party);
    let victim_losses = losses_of(steps, &victims, without.as_deref());
    let tier = tier_of(net_raw, without.is_some(), &victim_losses);
    let copies = |swaps: &[&Swap]| swaps.iter().map(|swap| swap.landed.clone()).collect::<Vec<_>>();
    let slots = (fronts[0].landed.slot, backs[backs.len() - 1].landed.slot);
    Some(Decision {
        kind: if slots.0 == slots.1 { Kind::Sandwich } else { Kind::WideSandwich },
        tier,
        slot: slots.1,
        event_ns: backs[backs.len() - 1].event_ns,
        attackers,
        victims: victims
            .iter()
            .filter_map(|&at| swap_of(&steps[at]))
            .map(|swap| swap.landed.clone())
            .collect(),
        victim_losses,
        quote_mint,
        net_lamports: in_sol.then(|| i64::try_from(net_raw).unwrap_or(i64::MAX)),
        net_raw,
        fee_lamports: totals.fee_lamports,
        tip_lamports: totals.tip_lamports,
        tips_by_service: totals.tips_by_service,
        gross_raw: gross_of(&fronts, &backs, &quote_mint),
        moved_out_lamports: 0,
        funded_lamports: 0,
        links: totals.links,
        tips: totals.tips,
        failed: totals.failed,
        fronts: copies(&fronts),
        backs: copies(&backs),
        features: features_of(&steps[first], &fronts, &backs, &swaps(&victims), quote_mint),
        open: None,
        provisional: false,
    })
}

/// Traders and signers of the legs, each once.
fn attackers_of(fronts: &[&Swap], backs: &[&Swap]) -> Vec<Pubkey> {
    let mut attackers = Vec::new();
    for key in fronts.iter().chain(backs).flat_map(|swap| [swap.landed.leg.trader, swap.signer]) {
        if !attackers.contains(&key) {
            attackers.push(key);
        }
    }
    attackers
}

/// A pool with SOL on one side is quoted in SOL, whatever the direction of the attack. Otherwise the gain is in
/// the mint that does not close.
fn quote_mint_of(front: &Swap, closes_in: Closing) -> Pubkey {
    let (bought, sold) = (front.mint_out(), front.mint_in());
    if [bought, sold].contains(&token::WRAPPED_SOL) {
        token::WRAPPED_SOL
    } else if closes_in == Closing::Sold {
        bought
    } else {
        sold
    }
}

/// What each victim lost; empty when `without`, what the swaps would have been paid without the attack, is not known.
fn losses_of(steps: &[Step], victims: &[usize], without: Option<&[OutWithout]>) -> Vec<VictimLoss> {
    let loss = |&at: &usize| {
        let swap = swap_of(&steps[at])?;
        let out_without = without?.iter().find(|other| other.step == at)?.out;
        let (signature, mint) = (swap.landed.signature, swap.mint_out());
        Some(VictimLoss { signature, mint, out_actual: swap.landed.leg.out_amount, out_without })
    };
    victims.iter().filter_map(loss).collect()
}

/// `is_exact`: the pool's state was known exactly throughout, so that the losses are.
fn tier_of(net_raw: i128, is_exact: bool, losses: &[VictimLoss]) -> Tier {
    let hurt = losses.iter().any(|loss| loss.out_without > loss.out_actual);
    match (net_raw > 0, is_exact) {
        (false, _) => Tier::C,
        (true, false) => Tier::B,
        (true, true) if hurt => Tier::A,
        (true, true) => Tier::C,
    }
}

/// What the legs gained of the quote mint.
fn gross_of(fronts: &[&Swap], backs: &[&Swap], quote_mint: &Pubkey) -> i128 {
    let sum = |swaps: &[&Swap], of: fn(&crate::legs::Leg) -> u64| {
        swaps.iter().map(|swap| i128::from(of(&swap.landed.leg))).sum::<i128>()
    };
    let [front, back] = if fronts[0].mint_in() == *quote_mint { [-1, 1] } else { [1, -1] };
    let of: [fn(&crate::legs::Leg) -> u64; 2] = if front < 0 {
        [|leg| leg.trader_in, |leg| leg.trader_out]
    } else {
        [|leg| leg.trader_out, |leg| leg.trader_in]
    };
    front * sum(fronts, of[0]) + back * sum(backs, of[1])
}

/// What a model sees of an attack; `None` where the pool's state before the first front is not known.
fn features_of(
    first: &Step,
    fronts: &[&Swap],
    backs: &[&Swap],
    victims: &[&Swap],
    quote_mint: Pubkey,
) -> Option<Row> {
    let pool = first.before?;
    let quote = pool.side_of(&quote_mint)?;
    let buys = fronts[0].mint_in() == quote_mint;
    let sum = |swaps: &[&Swap], of: fn(&Swap) -> u64| swaps.iter().map(|swap| of(swap) as f64).sum::<f64>();
    let paid = |swap: &Swap| swap.landed.leg.in_amount;
    let got = |swap: &Swap| swap.landed.leg.out_amount;
    let [front_in, front_out, back_in, back_out] =
        [sum(fronts, paid), sum(fronts, got), sum(backs, paid), sum(backs, got)];
    let one_signer = fronts.iter().chain(backs).all(|swap| swap.signer == fronts[0].signer);
    let one_slot = fronts[0].landed.slot == backs[backs.len() - 1].landed.slot;
    let reserves = pool.reserves().map(|reserve| reserve as f64);
    let amounts = |quote, base| QuoteBase { quote, base };
    Some(features::sandwich(&SandwichFacts {
        buys,
        front: if buys { amounts(front_in, front_out) } else { amounts(front_out, front_in) },
        back: if buys { amounts(back_out, back_in) } else { amounts(back_in, back_out) },
        reserves: amounts(reserves[quote], reserves[1 - quote]),
        victims_in: sum(victims, paid),
        victims: u32::try_from(victims.len()).unwrap_or(u32::MAX),
        provenance: match (one_signer, one_slot) {
            (true, true) => Provenance::OneSignerOneSlot,
            (true, false) => Provenance::OneSigner,
            _ => Provenance::Linked,
        },
        past: fronts[0].past,
    }))
}

/// What a swap would have been paid without the attack.
struct OutWithout {
    /// Index of the swap among the steps.
    step: usize,
    /// Base units.
    out: u64,
}

/// Executes the steps `first..=last` again without the party's; returns what each other swap would have
/// been paid. `None` when the pool's state is not known exactly throughout.
fn execute_without(steps: &[Step], first: usize, last: usize, party: &[Pubkey]) -> Option<Vec<OutWithout>> {
    let mut pool = steps[first].before?;
    let mut paid = Vec::new();
    for (at, step) in steps.iter().enumerate().take(last + 1).skip(first) {
        if !step.before.is_some_and(|state| state.exact) {
            return None;
        }
        match &step.kind {
            StepKind::VaultChange(delta) => pool.adjust_vaults(*delta),
            StepKind::Swap(swap) if swap.is_of(party) => {}
            StepKind::Swap(swap) => {
                let side = pool.side_of(&swap.mint_in())?;
                let out = pool.swap(side, swap.landed.leg.in_amount)?;
                paid.push(OutWithout { step: at, out });
            }
        }
    }
    Some(paid)
}
