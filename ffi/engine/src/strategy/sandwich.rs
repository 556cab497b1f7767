//! Landed sandwiches (docs/CONTRACT.md, "Events"): one party swaps in a pool, others swap the same way, the party swaps back.
//! It closes in one of the two mints within 5 %: a party that bought first sells what it bought, one that sold
//! first buys back what it sold. The party is one wallet, or wallets that exchanged something directly.
//!
//! Tier A asks more: the pool's state is known exactly, executing the window again without the
//! attackers leaves at least one victim better off, and the party's net is positive over all its
//! transactions. An attack is judged at the end of its last back's slot, when its tip has landed too.

use std::collections::HashMap;
use std::sync::Arc;

use crate::decision::{Decision, Kind, LandedLeg, Tier, VictimLoss};
use crate::features::{self, Provenance, Row, SandwichFacts};
use crate::frame::Transaction;
use crate::landing::{Past, Traffic};
use crate::pools::{Pool, Pools};
use crate::pubkey::{Pubkey, Signature};
use crate::tips;
use crate::token;

use super::Landed;
use super::activity::{Activity, Deed};

/// What the backs close may differ by this share of what the fronts opened, in percent.
const AMOUNT_TOLERANCE_PCT: u128 = 5;
/// Most steps remembered per pool; older ones are dropped, counted in [`Sandwiches::forgotten`].
const STEPS_PER_POOL_MAX: usize = 4096;

/// Room of a new window.
const STEPS_USUAL: usize = 64;

/// What happened to a pool, with its state before, when that is known.
struct Step {
    before: Option<Pool>,
    kind: StepKind,
}

#[expect(
    clippy::large_enum_variant,
    reason = "nearly every step is a swap; a box each would cost an allocation"
)]
enum StepKind {
    Swap(Swap),
    /// Liquidity or fees moved: what the vaults gained.
    Moved([i128; 2]),
}

struct Swap {
    landed: LandedLeg,
    signer: Pubkey,
    event_ns: u64,
    /// What the pool did in earlier slots.
    past: Past,
    /// Part of an attack, or a front whose window is over.
    spent: bool,
    /// The last back of an attack that was reported before it was over.
    told: bool,
}

impl Swap {
    fn is_of(&self, party: &[Pubkey]) -> bool {
        party.contains(&self.signer) || party.contains(&self.landed.leg.trader)
    }

    fn brings(&self) -> Pubkey {
        self.landed.leg.out_mint
    }

    fn takes(&self) -> Pubkey {
        self.landed.leg.in_mint
    }
}

/// Places of an attack's legs among the steps of its pool.
struct Attack {
    fronts: Vec<usize>,
    backs: Vec<usize>,
    party: Vec<Pubkey>,
    closes_in: Closing,
}

/// The mint in which an attack closes; its gain is in the other one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closing {
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

/// Finds sandwiches over all pools.
pub struct Sandwiches {
    window_slots: u64,
    windows: HashMap<Pubkey, Vec<Step>>,
    /// Pools whose vaults one transaction changed outside its swaps; empty between transactions.
    moved: Vec<(Pubkey, Pool, [i128; 2])>,
    /// Emptied windows, kept for the next pool.
    spare: Vec<Vec<Step>>,
    activity: Activity,
    /// Steps dropped because a pool had too many in one window.
    pub forgotten: u64,
}

impl Sandwiches {
    /// `window_slots`: how many slots after the front a back still counts.
    #[must_use]
    pub fn new(window_slots: u64) -> Self {
        Sandwiches {
            window_slots,
            windows: HashMap::new(),
            moved: Vec::new(),
            spare: Vec::new(),
            activity: Activity::default(),
            forgotten: 0,
        }
    }

    /// Adds one transaction, failed ones too, and brings the pools to the state after it.
    pub fn on_transaction(&mut self, landed: &Landed<'_>, pools: &mut Pools, traffic: &[Traffic]) {
        let Landed { frame, transaction, signature, signer, legs, event_ns, tip_accounts } = landed;
        self.activity.push(frame, transaction, *signature, *signer, !legs.is_empty(), tip_accounts);
        for leg in *legs {
            let landed = LandedLeg {
                slot: transaction.slot,
                index: transaction.index,
                signature: *signature,
                leg: *leg,
            };
            let number = pools.index_of(&leg.pool);
            let before = number.map(|number| *pools.at(number));
            let known = number.and_then(|number| traffic.get(number as usize));
            let past = known.map_or_else(Past::default, |traffic| traffic.past(transaction.slot));
            let kind = StepKind::Swap(Swap {
                landed,
                signer: *signer,
                event_ns: *event_ns,
                past,
                spent: false,
                told: false,
            });
            self.push(leg.pool, Step { before, kind });
            pools.apply(leg);
        }
        if !transaction.failed {
            self.settle(frame, transaction, pools);
        }
    }

    /// Brings known pools to the balances that the transaction left in their vaults.
    fn settle(&mut self, frame: &[u8], transaction: &Transaction, pools: &mut Pools) {
        let mut moved = std::mem::take(&mut self.moved);
        for balance in &transaction.tokens {
            let Some(account) = transaction.key(frame, balance.account).copied().map(Pubkey) else {
                continue;
            };
            let Some((pool, side)) = pools.vault(&account) else { continue };
            let Some(before) = pools.get(&pool).copied() else { continue };
            let delta = pools.settle(&pool, side, balance.post.unwrap_or(0));
            if delta == 0 {
                continue;
            }
            match moved.iter_mut().find(|(known, ..)| *known == pool) {
                Some((.., deltas)) => deltas[side] += delta,
                None => {
                    let mut deltas = [0; 2];
                    deltas[side] = delta;
                    moved.push((pool, before, deltas));
                }
            }
        }
        for (pool, before, deltas) in moved.drain(..) {
            self.push(pool, Step { before: Some(before), kind: StepKind::Moved(deltas) });
        }
        self.moved = moved;
    }

    fn push(&mut self, pool: Pubkey, step: Step) {
        let spare = &mut self.spare;
        let steps = self
            .windows
            .entry(pool)
            .or_insert_with(|| spare.pop().unwrap_or_else(|| Vec::with_capacity(STEPS_USUAL)));
        steps.push(step);
        if steps.len() > STEPS_PER_POOL_MAX {
            steps.remove(0);
            self.forgotten += 1;
        }
    }

    /// What the newest transaction tipped in the auction that our bundles are in, lamports.
    #[must_use]
    pub fn newest_auction_tip_lamports(&self) -> u64 {
        self.activity.newest_auction_tip_lamports()
    }

    /// Judges the attacks that the slot completed and drops steps to which no later back can belong.
    pub fn on_slot_end(&mut self, slot: u64, out: &mut Vec<Decision>) {
        let first = out.len();
        let oldest = slot.saturating_sub(self.window_slots);
        let activity = &self.activity;
        for steps in self.windows.values_mut() {
            loop {
                while let Some(attack) = find(steps, activity, oldest, false) {
                    out.extend(judge(steps, &attack, activity));
                    spend(steps, attack.fronts.iter().chain(&attack.backs));
                }
                // A front without a back may distort the sums of a later slot. Fronts of one slot are kept or
                // dropped together: a party that sold two thirds of what it bought is not an attacker.
                let is_stale = |at: &usize| {
                    swap_of(&steps[*at]).is_some_and(|swap| !swap.spent && swap.landed.slot <= oldest)
                };
                let stale: Vec<usize> = (0..steps.len()).filter(is_stale).collect();
                if stale.is_empty() {
                    break;
                }
                spend(steps, &stale);
            }
            // Attacks that already close, but to which a further back could belong.
            while let Some(attack) = find(steps, activity, oldest, true) {
                let open = judge(steps, &attack, activity);
                out.extend(open.map(|decision| Decision { provisional: true, ..decision }));
                if let Some(last) = attack.backs.last()
                    && let StepKind::Swap(swap) = &mut steps[*last].kind
                {
                    swap.told = true;
                }
            }
            steps.retain(|step| match &step.kind {
                StepKind::Swap(swap) => swap.landed.slot > oldest,
                StepKind::Moved(_) => true,
            });
            // What moved before the first swap that is kept is already in that swap's state.
            let begin = steps.iter().position(|step| swap_of(step).is_some()).unwrap_or(steps.len());
            steps.drain(..begin);
        }
        let spare = &mut self.spare;
        self.windows.retain(|_, steps| {
            if steps.is_empty() {
                spare.push(std::mem::take(steps));
            }
            steps.capacity() > 0
        });
        // Transfers that joined the wallets may be older than the front.
        self.activity.forget_before(oldest.saturating_sub(self.window_slots));
        // The map has no order: the stream's order is the only one that is the same on every host.
        out[first..].sort_by_key(|decision| (decision.backs.last().map(LandedLeg::order), decision.pool()));
    }
}

fn swap_of(step: &Step) -> Option<&Swap> {
    match &step.kind {
        StepKind::Swap(swap) => Some(swap),
        StepKind::Moved(_) => None,
    }
}

fn spend<'a>(steps: &mut [Step], places: impl IntoIterator<Item = &'a usize>) {
    for &at in places {
        if let StepKind::Swap(swap) = &mut steps[at].kind {
            swap.spent = true;
        }
    }
}

/// The earliest attack to which no further back can belong: its party has nothing left to close, has started
/// again, or the window of the first front is over (`oldest` is the last such slot). `provisional`: the earliest
/// one to which a further back could belong and that was not reported yet.
fn find(steps: &[Step], activity: &Activity, oldest: u64, provisional: bool) -> Option<Attack> {
    let open = |at: usize| swap_of(&steps[at]).filter(|swap| !swap.spent);
    for last in 1..steps.len() {
        let Some(back) = open(last) else { continue };
        let mint = back.takes();
        if !(0..last).any(|at| open(at).is_some_and(|swap| swap.brings() == mint)) {
            continue;
        }
        let party = activity.party_of(&[back.landed.leg.trader, back.signer]);
        let own = |at: usize| open(at).filter(|swap| swap.is_of(&party));
        let fronts: Vec<usize> =
            (0..last).filter(|&at| own(at).is_some_and(|swap| swap.brings() == mint)).collect();
        let (Some(&first), Some(&last_front)) = (fronts.first(), fronts.last()) else { continue };
        if (first..last_front).any(|at| own(at).is_some_and(|swap| swap.takes() == mint)) {
            continue;
        }
        let over = open(first).is_some_and(|swap| swap.landed.slot <= oldest);
        let [bought, sold] =
            [Closing::Bought, Closing::Sold].map(|closes_in| backs_of(steps, &fronts, &party, closes_in));
        let ready = |found: &Backs| {
            let told = found.backs.last().and_then(|&at| swap_of(&steps[at])).is_none_or(|swap| swap.told);
            (found.ended || over) != provisional && !(provisional && told)
        };
        let found = match (bought, sold) {
            (Some(bought), Some(sold)) if ready(&bought) || ready(&sold) => {
                // An attack that closes in both mints is counted in the one where it closes more exactly.
                let as_sold =
                    if sold.backs == bought.backs { sold.apart < bought.apart } else { !ready(&bought) };
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
    apart: u128,
    /// No further back can belong to them, whatever comes.
    ended: bool,
}

/// The party's swaps back after its fronts, if they close in this mint within the tolerance.
fn backs_of(steps: &[Step], fronts: &[usize], party: &[Pubkey], closes_in: Closing) -> Option<Backs> {
    let open = |at: usize| swap_of(&steps[at]).filter(|swap| !swap.spent);
    let mint = open(*fronts.first()?)?.brings();
    let opened: u128 = fronts.iter().filter_map(|&at| open(at)).map(|swap| closes_in.opened(swap)).sum();
    let (mut closed, mut backs, mut anew) = (0_u128, Vec::new(), false);
    for at in fronts.last()? + 1..steps.len() {
        let Some(swap) = open(at).filter(|swap| swap.is_of(party)) else { continue };
        if swap.brings() == mint {
            anew = true;
            break;
        }
        if swap.takes() != mint {
            break;
        }
        let with = closed + closes_in.closed(swap);
        if with * 100 > opened * (100 + AMOUNT_TOLERANCE_PCT) {
            // A party that bought first and sells more than it bought sells from an older stock. One that bought
            // back more than it sold did not sell first: some sales of a bought stock happened to pay that much.
            if closes_in == Closing::Sold {
                return None;
            }
            break;
        }
        closed = with;
        backs.push(at);
    }
    let apart = opened.abs_diff(closed);
    let closes = apart * 100 <= opened * AMOUNT_TOLERANCE_PCT;
    // Some of the sales of a bought stock may pay about what the stock cost, so nearly equal is not enough here.
    let gone = match closes_in {
        Closing::Bought => closed >= opened,
        Closing::Sold => closed == opened,
    };
    let apart = apart * 1_000_000_000 / opened.max(1);
    (closes && !backs.is_empty()).then_some(Backs { backs, closes_in, apart, ended: gone || anew })
}

/// The decision of an attack that had victims; `None` for a party that only traded with itself.
fn judge(steps: &[Step], attack: &Attack, activity: &Activity) -> Option<Decision> {
    let swaps = |places: &[usize]| places.iter().filter_map(|&at| swap_of(&steps[at])).collect::<Vec<_>>();
    let (fronts, backs) = (swaps(&attack.fronts), swaps(&attack.backs));
    let (first, last) = (*attack.fronts.first()?, *attack.backs.last()?);
    let bought = fronts[0].brings();
    let is_victim = |at: usize| {
        swap_of(&steps[at]).is_some_and(|swap| !swap.is_of(&attack.party) && swap.brings() == bought)
    };
    let victims: Vec<usize> = (first..last).filter(|&at| is_victim(at)).collect();
    if victims.is_empty() {
        return None;
    }
    let mut attackers = Vec::new();
    for key in fronts.iter().chain(&backs).flat_map(|swap| [swap.landed.leg.trader, swap.signer]) {
        if !attackers.contains(&key) {
            attackers.push(key);
        }
    }
    // A pool with SOL on one side is quoted in SOL, whatever the direction of the attack. Otherwise the gain is in
    // the mint that does not close.
    let sold = fronts[0].takes();
    let quote_mint = if [bought, sold].contains(&token::WRAPPED_SOL) {
        token::WRAPPED_SOL
    } else if attack.closes_in == Closing::Sold {
        bought
    } else {
        sold
    };
    let account = account_for(activity, &attackers, &fronts, &backs, &quote_mint);
    let in_sol = quote_mint == token::WRAPPED_SOL;
    let net_raw = if in_sol { account.lamports } else { account.tokens };
    let without = execute_without(steps, first, last, &attack.party);
    let victim_losses: Vec<VictimLoss> = victims
        .iter()
        .filter_map(|&at| {
            let swap = swap_of(&steps[at])?;
            let out_without = without.as_ref()?.iter().find(|(place, _)| *place == at)?.1;
            let (signature, mint) = (swap.landed.signature, swap.brings());
            Some(VictimLoss { signature, mint, out_actual: swap.landed.leg.out_amount, out_without })
        })
        .collect();
    let hurt = victim_losses.iter().any(|loss| loss.out_without > loss.out_actual);
    let tier = match (net_raw > 0, without.is_some()) {
        (false, _) => Tier::C,
        (true, false) => Tier::B,
        (true, true) => {
            if hurt {
                Tier::A
            } else {
                Tier::C
            }
        }
    };
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
        fee_lamports: account.fee_lamports,
        tip_lamports: account.tip_lamports,
        tips_by_service: account.tips_by_service,
        gross_raw: gross_of(&fronts, &backs, &quote_mint),
        moved_out_lamports: 0,
        funded_lamports: 0,
        links: account.links,
        tips: account.tips,
        failed: account.failed,
        fronts: copies(&fronts),
        backs: copies(&backs),
        features: features_of(&steps[first], &fronts, &backs, &swaps(&victims), quote_mint),
        open: None,
        provisional: false,
    })
}

/// What the legs gained of the quote mint.
fn gross_of(fronts: &[&Swap], backs: &[&Swap], quote_mint: &Pubkey) -> i128 {
    let sum = |swaps: &[&Swap], of: fn(&crate::legs::Leg) -> u64| {
        swaps.iter().map(|swap| i128::from(of(&swap.landed.leg))).sum::<i128>()
    };
    let [front, back] = if fronts[0].takes() == *quote_mint { [-1, 1] } else { [1, -1] };
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
    let buys = fronts[0].takes() == quote_mint;
    let sum = |swaps: &[&Swap], of: fn(&Swap) -> u64| swaps.iter().map(|swap| of(swap) as f64).sum::<f64>();
    let paid = |swap: &Swap| swap.landed.leg.in_amount;
    let got = |swap: &Swap| swap.landed.leg.out_amount;
    let [front_in, front_out, back_in, back_out] =
        [sum(fronts, paid), sum(fronts, got), sum(backs, paid), sum(backs, got)];
    let one_signer = fronts.iter().chain(backs).all(|swap| swap.signer == fronts[0].signer);
    let one_slot = fronts[0].landed.slot == backs[backs.len() - 1].landed.slot;
    let reserves = pool.reserves().map(|reserve| reserve as f64);
    Some(features::sandwich(&SandwichFacts {
        buys,
        front: if buys { [front_in, front_out] } else { [front_out, front_in] },
        back: if buys { [back_out, back_in] } else { [back_in, back_out] },
        reserves: [reserves[quote], reserves[1 - quote]],
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

/// All transactions of an attack and their totals.
#[derive(Default)]
struct Reckoning {
    lamports: i128,
    tokens: i128,
    fee_lamports: u64,
    tip_lamports: u64,
    tips_by_service: Vec<(Arc<str>, u64)>,
    links: Vec<Signature>,
    tips: Vec<Signature>,
    failed: Vec<Signature>,
}

/// Sums over fronts, backs, the party's own failed tries on the pool, transfers between its wallets, and
/// tips. A tip belongs to the attack that contains its payer's last transaction before the tip.
fn account_for(
    activity: &Activity,
    attackers: &[Pubkey],
    fronts: &[&Swap],
    backs: &[&Swap],
    mint: &Pubkey,
) -> Reckoning {
    let mut sum = Reckoning::default();
    let pool = fronts[0].landed.leg.pool;
    let parts: Vec<Signature> = fronts.iter().chain(backs).map(|swap| swap.landed.signature).collect();
    let begin = (fronts[0].landed.slot, fronts[0].landed.index);
    let last = &backs[backs.len() - 1].landed;
    // Up to the end of the last back's slot, because its tip lands after it.
    let own = activity.between((0, 0), (last.slot, u64::MAX)).filter(|deed| attackers.contains(&deed.signer));
    let own: Vec<&Deed> = own.collect();
    // Whatever precedes the party's last swap before this attack belongs to that swap.
    let since = own.iter().rposition(|deed| deed.order < begin && deed.swaps).map_or(0, |at| at + 1);
    let mut previous_is_part = false;
    for deed in &own[since..] {
        let deed = *deed;
        if deed.order < begin && (deed.failed || deed.is_tip() || !deed.links(attackers)) {
            continue;
        }
        let inside = deed.order <= (last.slot, last.index);
        let counted = if parts.contains(&deed.signature) {
            previous_is_part = true;
            true
        } else if deed.is_tip() {
            let belongs = previous_is_part;
            previous_is_part = false;
            if belongs {
                sum.tips.push(deed.signature);
            }
            belongs
        } else if inside && deed.failed_on(&pool) {
            sum.failed.push(deed.signature);
            true
        } else if inside && !deed.failed && !deed.swaps && deed.links(attackers) {
            sum.links.push(deed.signature);
            true
        } else {
            previous_is_part = false;
            false
        };
        if counted {
            let (lamports, tokens) = deed.change(attackers, mint);
            sum.lamports += lamports;
            sum.tokens += tokens;
            sum.fee_lamports += deed.fee_lamports;
            sum.tip_lamports += deed.tip_lamports();
            for (service, lamports) in &deed.tips {
                tips::add_tip(&mut sum.tips_by_service, service, *lamports);
            }
        }
    }
    sum
}

/// Executes the steps `first..=last` again without the party's; returns what each other swap would have
/// been paid. `None` when the pool's state is not known exactly throughout.
fn execute_without(steps: &[Step], first: usize, last: usize, party: &[Pubkey]) -> Option<Vec<(usize, u64)>> {
    let mut pool = steps[first].before?;
    let mut paid = Vec::new();
    for (at, step) in steps.iter().enumerate().take(last + 1).skip(first) {
        if !step.before.is_some_and(|state| state.exact) {
            return None;
        }
        match &step.kind {
            StepKind::Moved(delta) => pool.shift(*delta),
            StepKind::Swap(swap) if swap.is_of(party) => {}
            StepKind::Swap(swap) => {
                let side = pool.side_of(&swap.takes())?;
                paid.push((at, pool.swap(side, swap.landed.leg.in_amount)?));
            }
        }
    }
    Some(paid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dex;
    use crate::legs::Leg;

    /// (slot, wallet, buys, in, out): a made swap of a quote (mint 1) against a token (mint 2) in one pool.
    type Row = (u64, u8, bool, u64, u64);

    fn run_all(rows: &[Row]) -> Vec<Decision> {
        let mut sandwiches = Sandwiches::new(3);
        let mut found = Vec::new();
        let mut slot_now = rows[0].0;
        for (at, &(slot, wallet, buys, in_amount, out_amount)) in rows.iter().enumerate() {
            while slot_now < slot {
                sandwiches.on_slot_end(slot_now, &mut found);
                slot_now += 1;
            }
            let mints = if buys { [1, 2] } else { [2, 1] }.map(|byte| Pubkey([byte; 32]));
            let leg = Leg {
                top: 0,
                inner: 0,
                hop: 0,
                dex: dex::by_id("raydium_amm_v4").expect("in the table"),
                program: Pubkey([5; 32]),
                pool: Pubkey([9; 32]),
                trader: Pubkey([wallet; 32]),
                in_mint: mints[0],
                in_amount,
                out_mint: mints[1],
                out_amount,
                trader_in: in_amount,
                trader_out: out_amount,
                exact: true,
            };
            let mut transaction = Transaction::default();
            (transaction.slot, transaction.index) = (slot, at as u64);
            let landed = Landed {
                frame: &[],
                transaction: &transaction,
                signature: Signature([at as u8; 64]),
                signer: Pubkey([wallet; 32]),
                legs: &[leg],
                event_ns: 0,
                tip_accounts: &tips::TipAccounts::default(),
            };
            sandwiches.on_transaction(&landed, &mut Pools::default(), &[]);
        }
        for slot in slot_now..slot_now + 5 {
            sandwiches.on_slot_end(slot, &mut found);
        }
        found
    }

    fn run(rows: &[Row]) -> Vec<Decision> {
        run_all(rows).into_iter().filter(|decision| !decision.provisional).collect()
    }

    #[test]
    fn an_attack_that_could_still_grow_is_told_once_and_again_at_its_end() {
        let rows = [(1, 7, true, 100, 1000), (1, 8, true, 50, 400), (1, 7, false, 960, 110)];
        let told = run_all(&rows);
        assert_eq!(told.iter().map(|decision| decision.provisional).collect::<Vec<_>>(), [true, false]);
        assert_eq!(told[0].id(), told[1].id());
        assert!(!told[0].is_published());
        // Nothing is left to sell: no later back can belong to it.
        let whole = [(1, 7, true, 100, 1000), (1, 8, true, 50, 400), (1, 7, false, 1000, 110)];
        assert_eq!(run_all(&whole).iter().filter(|decision| decision.provisional).count(), 0);
    }

    #[test]
    fn find_takes_the_shape_and_only_the_shape() {
        let (attacker, victim) = (7, 8);
        let front = (1, attacker, true, 100, 1000);
        let rows: [(&str, &[Row], usize); 10] = [
            ("plain", &[front, (1, victim, true, 50, 400), (1, attacker, false, 1000, 110)], 1),
            ("three slots later", &[front, (1, victim, true, 50, 400), (4, attacker, false, 1000, 110)], 1),
            ("four slots later", &[front, (1, victim, true, 50, 400), (5, attacker, false, 1000, 110)], 0),
            ("within 5 %", &[front, (1, victim, true, 50, 400), (1, attacker, false, 951, 110)], 1),
            ("beyond 5 %", &[front, (1, victim, true, 50, 400), (1, attacker, false, 949, 110)], 0),
            ("no victim", &[front, (1, attacker, false, 1000, 110)], 0),
            ("victim the other way", &[front, (1, victim, false, 50, 4), (1, attacker, false, 1000, 110)], 0),
            (
                "victim before the front",
                &[(1, victim, true, 5, 40), front, (1, attacker, false, 1000, 110)],
                0,
            ),
            ("another wallet sells", &[front, (1, victim, true, 50, 400), (1, 9, false, 1000, 110)], 0),
            (
                "two fronts, two backs",
                &[
                    front,
                    (1, attacker, true, 10, 90),
                    (1, victim, true, 50, 400),
                    (2, attacker, false, 500, 60),
                    (2, attacker, false, 590, 60),
                ],
                1,
            ),
        ];
        for (name, legs, expected) in rows {
            assert_eq!(run(legs).len(), expected, "{name}");
        }
    }

    /// Sells 1000 of the token for 100 SOL first; the victim sells too; then buys back.
    #[test]
    fn an_attack_that_sells_first_closes_in_what_it_sold() {
        let front = (1, 7, false, 1000, 100);
        let victim = (1, 8, false, 500, 40);
        let rows: [(&str, &[Row], usize); 9] = [
            ("plain, 20 % gained", &[front, victim, (1, 7, true, 80, 1000)], 1),
            ("half of it gained", &[front, victim, (1, 7, true, 50, 1000)], 1),
            ("three slots later", &[front, victim, (4, 7, true, 80, 1000)], 1),
            ("four slots later", &[front, victim, (5, 7, true, 80, 1000)], 0),
            ("within 5 %", &[front, victim, (1, 7, true, 80, 951)], 1),
            ("beyond 5 %", &[front, victim, (1, 7, true, 80, 949)], 0),
            ("another wallet buys", &[front, victim, (1, 9, true, 80, 1000)], 0),
            ("the victim buys", &[front, (1, 8, true, 40, 500), (1, 7, true, 80, 1000)], 0),
            ("two backs", &[front, victim, (1, 7, true, 40, 500), (2, 7, true, 41, 500)], 1),
        ];
        for (name, legs, expected) in rows {
            let found = run(legs);
            assert_eq!(found.len(), expected, "{name}");
            let backs = legs.iter().filter(|row| row.1 == 7 && row.2).count();
            assert!(found.iter().all(|attack| attack.backs.len() == backs), "{name}");
        }
    }

    #[test]
    fn the_first_sale_of_a_bought_stock_that_pays_its_price_is_not_the_whole_attack() {
        // 600 of the 1000 bought pay what all of them cost; the rest follows a slot later.
        let rows = [
            (1, 7, true, 100, 1000),
            (1, 8, true, 500, 3000),
            (1, 7, false, 600, 101),
            (2, 7, false, 400, 60),
        ];
        let found = run(&rows);
        assert_eq!(found.iter().map(|attack| attack.backs.len()).collect::<Vec<_>>(), [2]);
        // When a sale of an older stock follows, it did not sell first either.
        let more = [rows[0], rows[1], (1, 7, false, 600, 101), (1, 7, false, 800, 120)];
        assert_eq!(run(&more).len(), 0);
    }

    #[test]
    fn a_front_that_nothing_answered_does_not_hide_a_later_attack() {
        let rows = [
            (1, 7, true, 300, 3000),
            (2, 7, true, 100, 1000),
            (2, 8, true, 50, 400),
            (2, 7, false, 1000, 110),
        ];
        let found = run(&rows);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].fronts.len(), 1);
    }

    #[test]
    fn two_attacks_in_a_row_are_two() {
        let rows = [
            (1, 7, true, 100, 1000),
            (1, 8, true, 50, 400),
            (1, 7, false, 1000, 110),
            (1, 7, true, 100, 990),
            (1, 9, true, 50, 390),
            (1, 7, false, 990, 110),
        ];
        let found = run(&rows);
        assert_eq!(found.iter().map(|attack| attack.victims.len()).collect::<Vec<_>>(), [1, 1]);
    }
}
