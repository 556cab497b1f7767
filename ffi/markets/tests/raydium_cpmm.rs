//! Raydium CPMM over seeded states and damaged accounts.

mod common;

use common::properties::{Plan, State, check, hostile};
use common::{Held, address, executed, held};
use markets::any::AnyMarket;
use markets::{Address, Now};

/// The first pool of the DEX in the executed data.
fn pool() -> Option<(Held, Address, Now)> {
    let (folder, lines) = executed()?;
    let line = lines.iter().find(|line| line.accounts_file.contains("RaydiumCPMM")).expect("a line");
    let now = Now { slot: line.slot, time_s: line.unix_ts };
    Some((held(&folder.join(&line.accounts_file)), address(&line.pool), now))
}

/// What the vaults of the pool have.
fn vaults(held: &Held, pool: &Address) -> [u64; 2] {
    let place =
        |offset: usize| -> Address { held.0[pool].data[offset..][..32].try_into().expect("an address") };
    let amount = |vault: Address| {
        let bytes = held.0.get(&vault).and_then(|vault| vault.data.get(64..72))?;
        Some(u64::from_le_bytes(bytes.try_into().expect("8 bytes")))
    };
    [72, 104].map(|offset| amount(place(offset)).unwrap_or(0))
}

#[test]
fn properties_hold_over_seeded_states() {
    let Some((held, pool, now)) = pool() else { return };
    let places =
        |offset: usize| -> Address { held.0[&pool].data[offset..][..32].try_into().expect("an address") };
    let (config, vault_a, vault_b) = (places(8), places(72), places(104));
    let plan = Plan { seed: 1, states: 10_000, excess: 0 };
    let tally = check(&plan, |random| {
        let mut held = held.clone();
        for vault in [vault_a, vault_b] {
            held.write(&vault, 64, &(random.next() >> (1 + random.below(40))).to_le_bytes());
        }
        held.write(&config, 12, &random.up_to(1_000_000).to_le_bytes());
        held.write(&config, 108, &random.up_to(100_000).to_le_bytes());
        held.write(&pool, 389, &[random.of(&[0, 1, 2]), random.of(&[0, 1])]);
        let market = AnyMarket::load(&pool, &held).expect("a market").ok()?;
        Some(State { market, now, reserves: vaults(&held, &pool) })
    });
    println!("{tally:?}");
    assert!(tally.states > 9_000 && tally.quoted > 100_000 && tally.inverted > 25_000, "{tally:?}");
}

#[test]
fn damaged_accounts_are_refused_or_quoted_within_their_vaults() {
    let Some((held, pool, now)) = pool() else { return };
    let damage = hostile(&held, &pool, &now, 2_000, |held| vaults(held, &pool));
    println!("{damage:?}");
    assert!(damage.tried > 10_000 && damage.refused > 1_000, "{damage:?}");
}
