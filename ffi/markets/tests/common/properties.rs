//! Properties that hold for a pool of every DEX, over seeded states and sizes, and over damaged accounts.
//!
//! A DEX's test says how its states are made and calls [`check`]; for damaged accounts it calls [`hostile`].

use std::fmt::Debug;
use std::thread;

use markets::any::AnyMarket;
use markets::{Address, Now, Quote, Refusal, Side};

use super::{Held, Random, Stored};

/// A state to check.
pub struct State {
    pub market: AnyMarket,
    pub now: Now,
    /// The most that the pool can pay of each mint.
    pub reserves: [u64; 2],
}

/// How many states are made, from which seed.
pub struct Plan {
    pub seed: u64,
    pub states: u32,
    /// Units by which the program's exact-out may ask for more than the least input that pays as much. 0 where its
    /// rounding is the exact inverse.
    pub excess: u64,
}

/// Where a program's own rounding is looser than the properties.
#[derive(Debug, Default, Clone, Copy)]
pub struct Slack {
    /// Units of input that the exact-out instruction asks too little for the exact-in one to pay as much.
    pub short: u64,
    /// Units of input over which the exact-in instruction may pay less for more.
    pub dip: u64,
}

/// What was checked.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// States that were made, and those for which there was none.
    pub states: u32,
    pub unmade: u32,
    pub quoted: u64,
    pub refused: u64,
    /// Swaps there and back.
    pub round_trips: u64,
    /// Exact-out quotes whose input was quoted again.
    pub inverted: u64,
}

/// Says where a panic happened.
struct Place(String);

impl Drop for Place {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("at {}", self.0);
        }
    }
}

/// Checks all properties over the states of the plan. `make` gets numbers that depend on seed and state alone, so
/// that a state which fails can be made again.
pub fn check(plan: &Plan, make: impl FnMut(&mut Random) -> Option<State>) -> Tally {
    check_loosely(plan, Slack::default(), make)
}

/// [`check`] for a program whose rounding is looser.
pub fn check_loosely(plan: &Plan, slack: Slack, mut make: impl FnMut(&mut Random) -> Option<State>) -> Tally {
    let mut tally = Tally::default();
    for number in 0..plan.states {
        let mut random = Random(Random(plan.seed ^ (u64::from(number) << 32)).next());
        let _place = Place(format!("state {number} of seed {}", plan.seed));
        let Some(state) = make(&mut random) else {
            tally.unmade += 1;
            continue;
        };
        tally.states += 1;
        for side in Side::BOTH {
            check_side((plan, slack), &state, side, &mut random, &mut tally);
        }
    }
    tally
}

/// Sizes of any magnitude, around the reserve that is paid into and at the edges of 64 bits.
fn sizes(state: &State, side: Side, random: &mut Random) -> Vec<u64> {
    let mut sizes = vec![0, 1, 1 << 63, u64::MAX - 1, u64::MAX];
    for _ in 0..3 {
        let (any, small) = (random.size(), random.up_to(state.reserves[side.index()].max(1)));
        sizes.extend([any, small, small.saturating_add(1)]);
    }
    sizes.sort_unstable();
    sizes
}

fn check_side(
    (plan, slack): (&Plan, Slack),
    state: &State,
    side: Side,
    random: &mut Random,
    tally: &mut Tally,
) {
    let marginal = state.market.marginal(side, &state.now);
    assert!(marginal.is_finite() && marginal >= 0.0, "{side:?}: a marginal rate of {marginal}");
    let (mut most, mut pays) = ((0, 0), false);
    for size in sizes(state, side, random) {
        let _place = Place(format!("{side:?}, {size} in"));
        let answer = state.market.quote_in(side, size, &state.now);
        if let Ok(quote) = &answer {
            tally.quoted += 1;
            within(state, side, size, quote);
            let is_less = quote.amount_out < most.1;
            assert!(!is_less || size - most.0 <= slack.dip, "pays {quote:?}, and for less input {most:?}");
            most = if is_less { most } else { (size, quote.amount_out) };
            pays |= quote.amount_out > 0;
        } else {
            tally.refused += 1;
        }
        swap(state, side, size, &answer, tally);
    }
    assert!(!pays || marginal > 0.0, "{side:?}: it pays and its marginal rate is 0");
    for _ in 0..4 {
        let wanted = random.up_to(state.reserves[side.other().index()].max(1));
        let wanted = if random.below(8) == 0 { random.size() } else { wanted };
        invert((plan, slack), state, side, wanted, tally);
    }
    for edge in [0, u64::MAX] {
        invert((plan, slack), state, side, edge, tally);
    }
}

/// A quote spends no more than it was given and pays no more than there is.
fn within(state: &State, side: Side, size: u64, quote: &Quote) {
    let reserve = state.reserves[side.other().index()];
    assert!(size > 0, "0 is quoted: {quote:?}");
    assert!(quote.amount_in <= size, "spends more than {size}: {quote:?}");
    assert!(quote.amount_out <= reserve, "pays more than the reserve of {reserve}: {quote:?}");
    let whole = if quote.fee_side == side { quote.amount_in } else { reserve };
    assert!(quote.fee <= whole, "a fee above {whole}: {quote:?}");
}

/// A swap does what its quote said; a refused one changes nothing; there and back gains nothing.
fn swap(state: &State, side: Side, size: u64, said: &Result<Quote, Refusal>, tally: &mut Tally) {
    let mut after = state.market.clone();
    let done = after.swap(side, size, &state.now);
    assert_eq!(&done, said, "the swap and its quote");
    let Ok(there) = done else {
        assert!(after == state.market, "a refused swap changed the market");
        return;
    };
    let Ok(back) = after.swap(side.other(), there.amount_out, &state.now) else { return };
    tally.round_trips += 1;
    assert!(back.amount_out <= there.amount_in, "there and back gains: {there:?}, {back:?}");
}

/// The input of an exact output pays it, and the next smaller one does not.
fn invert((plan, slack): (&Plan, Slack), state: &State, side: Side, wanted: u64, tally: &mut Tally) {
    let _place = Place(format!("{side:?}, {wanted} out"));
    let Ok(exact) = state.market.quote_out(side, wanted, &state.now) else {
        tally.refused += 1;
        return;
    };
    assert!(wanted > 0 && exact.amount_out > 0 && exact.amount_in > 0, "{exact:?}");
    assert!(exact.amount_out <= wanted, "pays more than was asked for: {exact:?}");
    let enough = exact.amount_in.saturating_add(slack.short);
    let again = state.market.quote_in(side, enough, &state.now);
    let pays = |quote: &Result<Quote, Refusal>| quote.as_ref().map_or(0, |quote| quote.amount_out);
    assert!(pays(&again) >= exact.amount_out, "{exact:?}, but its input gets {again:?}");
    tally.inverted += 1;
    let Some(less) = exact.amount_in.checked_sub(1 + plan.excess) else { return };
    let least = state.market.quote_in(side, less, &state.now);
    assert!(pays(&least) < exact.amount_out, "{exact:?}, but {less} gets {least:?}");
}

/// What came of damaged accounts.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Damage {
    /// Damaged sets of accounts that were tried.
    pub tried: u64,
    /// Those whose pool was refused.
    pub refused: u64,
}

type Answers = Result<Vec<Result<Quote, Refusal>>, Refusal>;

/// What the pool answers to a few sizes; no answer may be above the reserves.
fn answers(held: &Held, pool: &Address, now: &Now, reserves: &dyn Fn(&Held) -> [u64; 2]) -> Answers {
    let Some(loaded) = AnyMarket::load(pool, held) else {
        return Err(Refusal::Unsupported("another program"));
    };
    let market = loaded?;
    let reserves = reserves(held);
    let mut answers = Vec::new();
    for side in Side::BOTH {
        let marginal = market.marginal(side, now);
        assert!(marginal.is_finite() && marginal >= 0.0, "{side:?}: a marginal rate of {marginal}");
        for size in [1, 1_000, 1_000_000_000, u64::MAX] {
            for answer in [market.quote_in(side, size, now), market.quote_out(side, size, now)] {
                if let Ok(quote) = &answer {
                    let most = reserves[side.other().index()];
                    assert!(quote.amount_out <= most, "{side:?}: pays more than {most}: {quote:?}");
                }
                answers.push(answer);
            }
            let (mut after, said) = (market.clone(), market.quote_in(side, size, now));
            let done = after.swap(side, size, now);
            assert_eq!(done, said, "{side:?}: the swap of {size} and its quote");
            assert!(done.is_ok() || after == market, "{side:?}: a refused swap of {size} changed the market");
        }
    }
    Ok(answers)
}

/// Damages each account in turn: cuts it, gives it another owner, takes it away, and writes extremes over `tries` places
/// of it. Nothing panics, and nothing is paid beyond `reserves`. A cut or foreign account of the pool's program is
/// refused, or it counts for nothing: the answers are those of the whole, or of one that is not there.
pub fn hostile(
    held: &Held,
    pool: &Address,
    now: &Now,
    tries: u32,
    reserves: impl Fn(&Held) -> [u64; 2],
) -> Damage {
    let mut damage = Damage::default();
    let mut held = held.clone();
    let program = held.0[pool].owner;
    let whole = answers(&held, pool, now, &reserves);
    assert!(whole.is_ok(), "the pool does not load: {:?}", whole.err());
    let addresses: Vec<Address> = held.0.keys().copied().collect();
    for (number, address) in addresses.into_iter().enumerate() {
        let stored = held.0.remove(&address).expect("an account");
        let gone = answers(&held, pool, now, &reserves);
        let mut try_one = |held: &mut Held, what: &dyn Debug, data: Vec<u8>, owner: Address| {
            let _place = Place(format!("account {number} of {} bytes, {what:?}", stored.data.len()));
            held.put(address, owner, data);
            let got = answers(held, pool, now, &reserves);
            damage.tried += 1;
            damage.refused += u64::from(got.is_err());
            got
        };
        for cut in cuts(stored.data.len()) {
            let got = try_one(&mut held, &("cut to", cut), stored.data[..cut].to_vec(), stored.owner);
            let known = got.is_err() || got == whole || got == gone;
            assert!(known || stored.owner != program, "account {number} is read though cut to {cut}");
        }
        let got = try_one(&mut held, &"foreign owner", stored.data.clone(), [7; 32]);
        assert!(got.is_err() || got == gone, "account {number} is read though another program owns it");
        let mut random = Random(number as u64);
        for _ in 0..tries {
            let (place, data) = extreme(&stored, &mut random);
            let _ = try_one(&mut held, &place, data, stored.owner);
        }
        held.0.insert(address, stored);
    }
    damage
}

/// At most 256 lengths below `length`, the shortest and the longest among them.
fn cuts(length: usize) -> Vec<usize> {
    let mut cuts: Vec<usize> = (0..length).step_by(length / 240 + 1).collect();
    cuts.extend((1..9).filter_map(|less| length.checked_sub(less)));
    cuts
}

/// The account with the extreme of a number at a place of it.
fn extreme(stored: &Stored, random: &mut Random) -> ((&'static str, usize, usize, u128), Vec<u8>) {
    let mut data = stored.data.clone();
    let width = random.of(&[1_usize, 2, 4, 8, 16]).min(data.len());
    let offset = usize::try_from(random.below((data.len() - width + 1) as u64)).expect("an offset");
    let offset = if random.below(2) == 0 { offset } else { offset - offset % width.max(1) };
    let bits = 8 * u32::try_from(width).expect("a width");
    let most = u128::MAX.checked_shr(128 - bits).unwrap_or(0);
    let any = u128::from(random.next()) & most;
    let number = random.of(&[0, 1, most, most.saturating_sub(1), most / 2, most / 2 + 1, any]);
    data[offset..offset + width].copy_from_slice(&number.to_le_bytes()[..width]);
    (("written at, width, number", offset, width, number), data)
}
