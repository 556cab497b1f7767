//! Who gained what in one transaction, from its balances alone.

use crate::frame::Transaction;
use crate::pubkey::Pubkey;

/// Change in one transaction of everything a party owns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Lamports of its wallets and of its token accounts (wrapped SOL and rent): fees and tips are out.
    pub lamports: i128,
    /// Base units of one mint in its token accounts.
    pub tokens: i128,
}

/// Sums over the accounts of `owners`; `mint` is the one counted as tokens.
#[must_use]
pub fn change(frame: &[u8], transaction: &Transaction, owners: &[Pubkey], mint: &Pubkey) -> Change {
    let mut change = Change::default();
    let mut owned = [false; crate::frame::KEYS_MAX];
    for (at, span) in transaction.keys.iter().enumerate() {
        owned[at] = owners.iter().any(|owner| owner.0 == *span.of(frame));
    }
    for token in &transaction.tokens {
        let owner = Pubkey::parse(token.owner.of(frame));
        if !owner.is_some_and(|owner| owners.contains(&owner)) {
            continue;
        }
        owned[usize::from(token.account)] = true;
        if Pubkey::parse(token.mint.of(frame)).as_ref() == Some(mint) {
            change.tokens += i128::from(token.post.unwrap_or(0)) - i128::from(token.pre.unwrap_or(0));
        }
    }
    let balances = transaction.pre_lamports.iter().zip(&transaction.post_lamports);
    for ((&pre, &post), owned) in balances.zip(owned) {
        if owned {
            change.lamports += i128::from(post) - i128::from(pre);
        }
    }
    change
}
