use std::path::PathBuf;

use engine::pubkey::Pubkey;
use engine::trade_limits::LIST_MAX;

use super::super::replay_window::CommandId;
use super::*;

fn folder(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("legend-state-{}-{name}", std::process::id()))
}

#[test]
fn a_torn_write_leaves_the_previous_state() {
    let folder = folder("torn");
    let (mut file, mut state) = StateFile::open(&folder, "mev").expect("makes");
    for throttle_pct in 1..=5 {
        state.policy.throttle_pct = throttle_pct;
        file.write(&state).expect("writes");
    }
    // The next write would use the older slot; destroy the newest one instead.
    let newest = (file.counter % 2) * SLOT_BYTES as u64;
    file.file.write_all_at(&[0xff; 100], newest + 30).expect("damages");
    let (_, found) = StateFile::open(&folder, "mev").expect("reads");
    assert_eq!(found.policy.throttle_pct, 4);
    file.file.write_all_at(&[0xff; 100], (SLOT_BYTES as u64 - newest) + 30).expect("damages");
    assert!(StateFile::open(&folder, "mev").err().expect("refuses").to_string().contains("is unknown"));
    std::fs::remove_dir_all(folder).expect("removes");
}

#[test]
fn long_answers_never_fill_the_slot() {
    let folder = folder("answers");
    let (mut file, mut state) = StateFile::open(&folder, "mev").expect("makes");
    for n in 0..100 {
        state.answered(&format!("request {n}"), "ab".repeat(1 + n * 50 % 3_000));
        assert_eq!(
            state.answers.last().map(|answer| answer.request_id.as_str()),
            Some(&*format!("request {n}"))
        );
        file.write(&state).expect("fits");
    }
    state.answered("too long", "ab".repeat(20_000));
    file.write(&state).expect("fits");
    std::fs::remove_dir_all(folder).expect("removes");
}

#[test]
fn a_state_with_every_list_full_fits_its_slot() {
    let folder = folder("full");
    let (mut file, mut state) = StateFile::open(&folder, "mev").expect("makes");
    let now_ms = 1_700_000_000_000;
    for number in 0..512 {
        let mark =
            CommandId::new("key", &format!("sender {}", number % 64), u64::MAX - 512 + number, now_ms + 1);
        state.window.remember(mark, now_ms, 35_000);
    }
    for n in 0..40 {
        state.answered(&format!("{n:032x}"), "ab".repeat(250));
    }
    let list = |from: u8| (0..LIST_MAX as u8).map(|n| Pubkey([from + n; 32])).collect::<Vec<_>>();
    let gates = TradeLimits {
        pools_deny: list(100),
        mints_allow: list(140),
        mints_deny: list(180),
        liquidity_min_sol: 0.1 + 0.2,
        pass_unknown: true,
        ..TradeLimits::default()
    };
    let policy = Policy { trade_limits: Arc::new(gates), ..Policy::default() };
    state.policy = StoredPolicy::from(&policy);
    file.write(&state).expect("fits");
    assert_eq!(StateFile::open(&folder, "mev").expect("reads").1.policy.policy(), policy);
    std::fs::remove_dir_all(folder).expect("removes");
}

#[test]
fn a_state_that_could_not_be_read_back_is_not_written() {
    let folder = folder("unreadable");
    let (mut file, mut state) = StateFile::open(&folder, "mev").expect("makes");
    for bad in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
        state.policy.ev_min = bad;
        assert!(file.write(&state).is_err(), "{bad}");
    }
    let (_, found) = StateFile::open(&folder, "mev").expect("reads");
    assert_eq!(found.policy, StoredPolicy::from(&Policy::default()));
    std::fs::remove_dir_all(folder).expect("removes");
}

#[test]
fn a_policy_is_read_back_as_it_was_and_its_hash_covers_every_part() {
    let policy = Policy { killed: true, throttle_pct: 7, ev_min_sol: 0.1, ..Policy::default() };
    let stored = StoredPolicy::from(&policy);
    assert_eq!(stored.policy(), policy);
    let others = [
        StoredPolicy { killed: false, ..stored.clone() },
        StoredPolicy { ev_min: 0.2, ..stored.clone() },
        StoredPolicy { tip_ladder: vec![0.1], ..stored.clone() },
        StoredPolicy {
            gates: StoredGates { liquidity_min: 1.0, ..StoredGates::default() },
            ..stored.clone()
        },
    ];
    assert!(others.iter().all(|other| other.hash() != stored.hash()));
}
