use super::*;

fn key(number: u64) -> Pubkey {
    let mut bytes = [1; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    Pubkey(bytes)
}

#[test]
fn a_candidate_is_paid_by_eight_wallets_or_more() {
    let mut seen = TipCounter::default();
    for payer in 0..7 {
        seen.watch(key(1_000), &key(payer), 10);
        // Often, by two.
        seen.watch(key(2_000), &key(payer % 2), 10);
    }
    assert_eq!((seen.report().candidates, seen.report().shown.len()), (0, 0));
    seen.watch(key(1_000), &key(7), 30);
    let report = seen.report();
    assert_eq!(report.shown, [Candidate { account: key(1_000), payers: 8, payments: 8, lamports: 100 }]);
    for payer in 0..100 {
        seen.watch(key(1_000), &key(payer), 0);
    }
    assert_eq!(seen.report().shown[0].payers, PAYERS_COUNTED_MAX, "bounded");
}

#[test]
fn what_many_pay_stays_watched_among_countless_others() {
    let mut seen = TipCounter::default();
    for number in 0..50_000_u64 {
        seen.watch(key(1_000_000 + number), &key(number), 1);
        if number % 50 == 0 {
            seen.watch(key(7), &key(number), 5);
        }
    }
    assert_eq!(seen.watched.len(), WATCHED_MAX);
    let report = seen.report();
    assert_eq!((report.candidates, report.shown[0].account), (1, key(7)));
    assert!(report.shown[0].payments <= 1_000, "a lower bound");
    for account in 0..40 {
        for payer in 0..2_000 {
            seen.watch(key(account), &key(payer), 1);
        }
    }
    assert_eq!((seen.report().candidates, seen.report().shown.len()), (40, SHOWN_MAX));
}

#[test]
fn a_table_has_each_account_once_and_the_last_entry_wins() {
    let mut known = TipAccounts::default();
    let base = known.accounts.len();
    assert_eq!(base, BASE.iter().map(|(_, accounts)| accounts.len()).sum::<usize>());
    let name = |known: &TipAccounts, account: &Pubkey| known.service_of(account).map(ToString::to_string);
    assert_eq!(name(&known, &BASE[0].1[3]), Some(JITO.to_owned()));
    assert_eq!(name(&known, &key(1)), None);
    known.add(key(1), "mine");
    known.add(key(1), "other");
    known.add(key(1), "other");
    assert_eq!(name(&known, &key(1)), Some("other".to_owned()));
    known.add(BASE[1].1[0], "mine");
    assert_eq!(name(&known, &BASE[1].1[0]), Some("mine".to_owned()));
    assert_eq!(known.accounts.len(), base + 1);
    assert!(known.accounts.is_sorted_by(|(one, _), (other, _)| one < other));
}
