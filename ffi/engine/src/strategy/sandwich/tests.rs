use super::*;
use crate::dex;
use crate::legs::Leg;
use crate::pubkey::Signature;
use crate::tips;

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
fn an_attack_that_could_still_grow_is_reported_as_provisional_once_and_again_at_its_end() {
    let rows = [(1, 7, true, 100, 1000), (1, 8, true, 50, 400), (1, 7, false, 960, 110)];
    let reported = run_all(&rows);
    assert_eq!(reported.iter().map(|decision| decision.provisional).collect::<Vec<_>>(), [true, false]);
    assert_eq!(reported[0].id(), reported[1].id());
    assert!(!reported[0].is_published());
    // Nothing is left to sell: no later back can belong to it.
    let whole = [(1, 7, true, 100, 1000), (1, 8, true, 50, 400), (1, 7, false, 1000, 110)];
    assert_eq!(run_all(&whole).iter().filter(|decision| decision.provisional).count(), 0);
}

#[test]
fn find_attack_accepts_the_shape_of_a_sandwich_and_no_other() {
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
        ("victim before the front", &[(1, victim, true, 5, 40), front, (1, attacker, false, 1000, 110)], 0),
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
    let rows =
        [(1, 7, true, 100, 1000), (1, 8, true, 500, 3000), (1, 7, false, 600, 101), (2, 7, false, 400, 60)];
    let found = run(&rows);
    assert_eq!(found.iter().map(|attack| attack.backs.len()).collect::<Vec<_>>(), [2]);
    // When a sale of an older stock follows, it did not sell first either.
    let more = [rows[0], rows[1], (1, 7, false, 600, 101), (1, 7, false, 800, 120)];
    assert_eq!(run(&more).len(), 0);
}

#[test]
fn a_front_without_a_back_does_not_hide_a_later_attack() {
    let rows =
        [(1, 7, true, 300, 3000), (2, 7, true, 100, 1000), (2, 8, true, 50, 400), (2, 7, false, 1000, 110)];
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
