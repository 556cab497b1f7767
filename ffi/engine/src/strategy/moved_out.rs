//! What a party sent to wallets that are not its own.

use crate::frame::Transaction;
use crate::pubkey::Pubkey;
use crate::tips::{TipAccounts, Transfer};
use crate::trader;

/// Lamports that left a party by plain transfers, less what the same wallets sent back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MovedOut {
    /// To all wallets that are not the party's, without tips.
    pub lamports: u64,
    /// The part of it that went to wallets that held nothing before, at most what these hold in the end.
    pub funded_lamports: u64,
}

/// What an account got from the party, less what it sent back.
struct Received {
    /// Key index.
    account: u8,
    lamports: i128,
}

/// What the party's wallets sent to others in one transaction, at any depth. A program's account does not count as
/// a wallet: what it gets is the price of something.
#[must_use]
pub fn moved_out(
    frame: &[u8],
    transaction: &Transaction,
    party: &[Pubkey],
    tip_accounts: &TipAccounts,
) -> MovedOut {
    let mut others: Vec<Received> = Vec::new();
    for call in &transaction.instructions {
        let key = |index: u8| transaction.key(frame, index).copied().map(Pubkey);
        let Some(Transfer { from, to, lamports }) = Transfer::of(frame, transaction, call) else { continue };
        let (Some(source), Some(target)) = (key(from), key(to)) else { continue };
        let (other, change) = match [party.contains(&source), party.contains(&target)] {
            [true, false] if tip_accounts.service_of(&target).is_none() => (to, i128::from(lamports)),
            [false, true] => (from, -i128::from(lamports)),
            _ => continue,
        };
        match others.iter_mut().find(|known| known.account == other) {
            Some(known) => known.lamports += change,
            None => others.push(Received { account: other, lamports: change }),
        }
    }
    let mut moved = MovedOut::default();
    for Received { account, lamports: sum } in others {
        let at = usize::from(account);
        let balances = transaction.pre_lamports.get(at).zip(transaction.post_lamports.get(at));
        let Some((before, after)) = balances.filter(|(_, after)| sum > 0 && **after > 0) else { continue };
        // Token accounts are skipped: one is created empty, filled and closed again, and its owner is known otherwise.
        let wallet = transaction.key(frame, account).is_some_and(|key| trader::on_curve(&Pubkey(*key)));
        if !wallet || transaction.token(account).is_some() {
            continue;
        }
        let sum = u64::try_from(sum).unwrap_or(u64::MAX);
        moved.lamports = moved.lamports.saturating_add(sum);
        if *before == 0 {
            // Capped at the wallet's final balance: the same lamports may have passed through it more than once.
            moved.funded_lamports = moved.funded_lamports.saturating_add(sum.min(*after));
        }
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Instruction, Span};
    use crate::token;

    /// A made frame: keys 0 (the party, signs), 1 (empty before), 2 (a wallet), 3 (a tip account), 4 (a program's
    /// account), 5 the system program; and the system program's transfers: from, to, lamports.
    fn made(sent: &[(u8, u8, u64)], after: [u64; 5]) -> (Vec<u8>, Transaction, [Pubkey; 6]) {
        let wallet = |text: &[u8]| Pubkey::parse(text).expect("base58");
        let keys = [
            wallet(b"9WzDXwBbmkg8ZTbNMqUxvQRAyrZzDsGYdLVL9zYtAWWM"),
            wallet(b"HTVZVEQMBsNanubDPTs3CxDAEGNFQHJY8c1441iy2S5r"),
            wallet(b"998ZvyqUhJ5z6VViumeEyNVAiVkDRAyjMCX6JbKm1o9h"),
            wallet(b"96gYZGLnJYVFmbjzopPSU6QiEV5fGqZNyN9nmNhvrZU5"),
            wallet(b"6LXutJvKUw8Q5ue2gCgKHQdAN4suWW8awzFVC6XCguFx"),
            token::SYSTEM,
        ];
        let mut frame: Vec<u8> = keys.iter().flat_map(|key| key.0).collect();
        let mut transaction = Transaction::default();
        transaction.signers = 1;
        transaction.keys = (0..6).map(|at| Span::new(at * 32, 32)).collect();
        for (from, to, lamports) in sent {
            let begin = frame.len() as u32;
            frame.extend([*from, *to, 2, 0, 0, 0]);
            frame.extend(lamports.to_le_bytes());
            let call = Instruction {
                program: 5,
                accounts: Span::new(begin, 2),
                data: Span::new(begin + 2, 12),
                ..Instruction::default()
            };
            transaction.instructions.push(call);
        }
        transaction.pre_lamports = vec![5_000, 0, 50, 50, 50, 1];
        transaction.post_lamports = [&after[..], &[1]].concat();
        (frame, transaction, keys)
    }

    #[test]
    fn moved_out_leaves_out_tips_and_prices_and_sums_empty_wallets_on_their_own() {
        let sent = [(0, 1, 100), (0, 2, 200), (0, 3, 300), (0, 4, 400)];
        let (frame, transaction, keys) = made(&sent, [4_000, 100, 250, 350, 450]);
        let moved = moved_out(&frame, &transaction, &keys[..1], &TipAccounts::default());
        assert_eq!(moved, MovedOut { lamports: 300, funded_lamports: 100 });
        assert_eq!(
            moved_out(&frame, &transaction, &keys[..3], &TipAccounts::default()),
            MovedOut::default(),
            "its own wallets"
        );
    }

    #[test]
    fn moved_out_counts_lamports_that_return_and_leave_again_once() {
        // What is sent, what the empty wallet and the other one hold in the end; to wallets, of it to the empty one.
        type Row<'a> = (&'a str, &'a [(u8, u8, u64)], [u64; 2], [u64; 2]);
        let rows: [Row; 6] = [
            ("there, back and there", &[(0, 1, 100), (1, 0, 100), (0, 1, 100)], [100, 50], [100, 100]),
            ("there and back", &[(0, 1, 100), (1, 0, 100)], [0, 50], [0, 0]),
            ("a part comes back", &[(0, 1, 100), (1, 0, 30)], [70, 50], [70, 70]),
            ("in two parts", &[(0, 1, 100), (0, 1, 20)], [120, 50], [120, 120]),
            (
                "back through another wallet",
                &[(0, 1, 100), (1, 2, 100), (2, 0, 100), (0, 1, 100)],
                [100, 50],
                [200, 100],
            ),
            ("more comes back than went", &[(0, 2, 10), (2, 0, 40), (0, 1, 5)], [5, 20], [5, 5]),
        ];
        for (name, sent, [empty, other], [lamports, funded_lamports]) in rows {
            let (frame, transaction, keys) = made(sent, [4_000, empty, other, 50, 50]);
            let moved = moved_out(&frame, &transaction, &keys[..1], &TipAccounts::default());
            assert_eq!(moved, MovedOut { lamports, funded_lamports }, "{name}");
        }
    }
}
