//! State kept over the executed blocks: every landed swap is predicted from the state before it, then applied.
//! A pool whose liquidity was changed by another instruction is left out from there on, and counted.

mod common;

use std::collections::{BTreeMap, HashMap};

use common::blocks::{Call, Transfer, accounts_start, calls};
use common::{Held, shared};
use markets::any::AnyMarket;
use markets::{Accounts as _, Address, Now, Quote, Refusal, Side, meteora_dlmm};

/// Landed swaps of each DEX: predicted to the unit, and those of a pool whose liquidity had been changed.
const EXPECTED: &[(&str, u32, u32)] = &[
    ("meteora_damm_v1", 488, 0),
    ("meteora_damm_v2", 325, 201),
    ("meteora_dlmm", 437, 0),
    ("orca_whirlpool", 271, 62),
    ("raydium_amm_v4", 555, 0),
    ("raydium_clmm", 513, 0),
    ("raydium_cpmm", 264, 196),
];

/// What was seen of a DEX.
#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    equal: u32,
    different: u32,
    after_other_actions: u32,
}

/// A swap, as the transfers show it.
struct Swap {
    side: Side,
    spent: u64,
    paid: u64,
}

struct Landed {
    held: Held,
    /// `None`: another instruction changed its liquidity.
    pools: HashMap<Address, Option<AnyMarket>>,
    counts: BTreeMap<&'static str, Count>,
    wrong: Vec<String>,
}

impl Landed {
    fn mint(&self, account: &Address) -> Option<Address> {
        self.held.0.get(account)?.data.get(..32)?.try_into().ok()
    }

    /// One mint into the pool's vaults and the other out of them.
    fn swap(&self, mints: [Address; 2], transfers: &[Transfer]) -> Option<Swap> {
        let of = |account: &Address| mints.iter().position(|mint| self.mint(account) == Some(*mint));
        let into: Vec<_> = transfers.iter().filter_map(|one| Some((of(&one.to)?, one))).collect();
        let out: Vec<_> = transfers.iter().filter_map(|one| Some((of(&one.from)?, one))).collect();
        let ((input, first), (output, last)) = (into.first()?, out.first()?);
        if input == output {
            return None;
        }
        Some(Swap {
            side: Side::BOTH[*input],
            spent: transfers.iter().filter(|one| one.from == first.from).map(|one| one.amount).sum(),
            paid: transfers.iter().filter(|one| one.from == last.from).map(|one| one.amount).sum(),
        })
    }

    /// The numbers of the bin arrays that an instruction names.
    fn arrays(&self, accounts: &[Address]) -> Vec<i32> {
        let arrays = accounts.iter().filter_map(|address| self.held.get(address));
        let arrays = arrays.filter(|account| account.owner == meteora_dlmm::PROGRAM);
        let arrays = arrays.filter(|account| account.data.len() == 10_136);
        arrays.map(|array| i32::try_from(array.i64(8).expect("a number")).expect("a number")).collect()
    }

    fn call(&mut self, call: &Call) {
        let is_pool = |address: &&Address| {
            let owner = self.held.0.get(*address).map(|stored| stored.owner);
            owner == Some(call.program)
                && (self.pools.contains_key(*address)
                    || matches!(AnyMarket::load(address, &self.held), Some(Ok(_))))
        };
        let Some(pool) = call.accounts.iter().find(is_pool).copied() else { return };
        let loaded = || AnyMarket::load(&pool, &self.held).and_then(Result::ok);
        let Some(mut market) = self.pools.remove(&pool).unwrap_or_else(loaded) else {
            self.skip(call, pool);
            return;
        };
        let swap = self.swap(market.mints(), &call.transfers);
        let Some(swap) = swap else {
            let is_changed = !call.transfers.is_empty();
            self.pools.insert(pool, Some(market).filter(|_| !is_changed));
            return;
        };
        let now = Now { slot: call.slot, time_s: call.time_s };
        let quote = self.applied(&mut market, call, &swap, &now);
        let count = self.counts.entry(market.id()).or_default();
        if quote.map(|quote| (quote.amount_in, quote.amount_out)) == Ok((swap.spent, swap.paid)) {
            count.equal += 1;
        } else {
            count.different += 1;
            let id = market.id();
            self.wrong
                .push(format!("{id} slot {}: {quote:?}, landed {} {}", call.slot, swap.spent, swap.paid));
        }
        self.pools.insert(pool, Some(market));
    }

    fn applied(&self, market: &mut AnyMarket, call: &Call, swap: &Swap, now: &Now) -> Result<Quote, Refusal> {
        match market {
            AnyMarket::MeteoraDlmm(market, head) => {
                let arrays = self.arrays(&call.accounts);
                market.swap_over(head, swap.side, swap.spent, now, Some(&arrays))
            }
            other => other.swap(swap.side, swap.spent, now),
        }
    }

    /// A pool that is no longer followed.
    fn skip(&mut self, call: &Call, pool: Address) {
        if let Some(Ok(market)) = AnyMarket::load(&pool, &self.held) {
            let swap = self.swap(market.mints(), &call.transfers);
            self.counts.entry(market.id()).or_default().after_other_actions += u32::from(swap.is_some());
        }
        self.pools.insert(pool, None);
    }
}

#[test]
fn every_landed_swap_is_predicted_from_the_state_that_the_swaps_before_it_left() {
    let Some(folder) = shared("executed") else { return };
    let mut landed = Landed {
        held: accounts_start(&folder),
        pools: HashMap::new(),
        counts: BTreeMap::new(),
        wrong: Vec::new(),
    };
    calls(&folder, |call| landed.call(call));
    for (id, count) in &landed.counts {
        println!("{id}: {count:?}");
    }
    for &(id, equal, after_other_actions) in EXPECTED {
        let wrong: Vec<_> = landed.wrong.iter().filter(|text| text.starts_with(id)).take(5).collect();
        let expected = Count { equal, different: 0, after_other_actions };
        assert_eq!(landed.counts.get(id), Some(&expected), "{id}: {wrong:#?}");
    }
    assert!(landed.wrong.is_empty() && landed.counts.len() == EXPECTED.len(), "{:#?}", landed.wrong);
}
