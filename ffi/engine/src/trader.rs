//! Who trades. The owner of the account that pays is often a router's or a program's account. Thousands share it and
//! it signs nothing, so it is not a wallet. The trader is then the one who signed.

use curve25519_dalek::edwards::CompressedEdwardsY;

use crate::frame::{TokenBalance, Transaction};
use crate::pubkey::Pubkey;

/// What is known about a swap whose trader is to be found.
pub struct Payment {
    /// Key index of the token account that paid the pool.
    pub source: u8,
    /// Mint the pool paid.
    pub out_mint: Pubkey,
    /// How much of it was got, base units.
    pub got: u64,
}

/// The trader of a swap; `named` is the account that the swap's own instruction calls its user.
#[must_use]
pub fn of(frame: &[u8], transaction: &Transaction, paid: &Payment, named: Option<Pubkey>) -> Option<Pubkey> {
    let account = transaction.token(paid.source);
    let owner = account.and_then(|account| account.owner(frame));
    if let Some(owner) = owner.filter(|owner| signed(frame, transaction, owner)) {
        return Some(owner);
    }
    // What only passes through a router's account leaves it unchanged. An account that holds less in the end paid
    // with its own tokens: a wallet's, moved by a delegate, or tokens that a program keeps for a user.
    let spent = account.is_some_and(|account| gained(account) < 0);
    if spent && let Some(owner) = owner.filter(on_curve) {
        return Some(owner);
    }
    if let Some(named) = named.filter(|named| signed(frame, transaction, named)) {
        return Some(named);
    }
    signer(frame, transaction, paid, spent)
}

/// The trader of a swap that paid no tokens: its user if that one signed, else the first signer.
#[must_use]
pub fn of_user(frame: &[u8], transaction: &Transaction, named: Pubkey) -> Pubkey {
    if signed(frame, transaction, &named) {
        return named;
    }
    transaction.key(frame, 0).copied().map_or(named, Pubkey)
}

/// The signer whose tokens moved, else the first one. Where no signer's tokens moved and a program's did, a keeper
/// signed for a user: the trader is the wallet that got what was bought.
fn signer(frame: &[u8], transaction: &Transaction, paid: &Payment, spent: bool) -> Option<Pubkey> {
    let owner = |account: &TokenBalance| account.owner(frame);
    if spent || transaction.signers > 1 {
        let moved = transaction.tokens.iter().filter(|account| gained(account) != 0).filter_map(owner);
        if let Some(signer) = { moved }.find(|owner| signed(frame, transaction, owner)) {
            return Some(signer);
        }
    }
    if spent {
        let bought = transaction.tokens.iter().filter(|account| gained(account) >= i128::from(paid.got / 2));
        let bought = bought.filter(|account| account.mint(frame) == Some(paid.out_mint));
        if let Some(wallet) = bought.filter_map(owner).find(on_curve) {
            return Some(wallet);
        }
    }
    transaction.key(frame, 0).copied().map(Pubkey)
}

fn gained(account: &TokenBalance) -> i128 {
    i128::from(account.post.unwrap_or(0)) - i128::from(account.pre.unwrap_or(0))
}

/// Whether `key` signed the transaction. The fee payer always did.
pub(crate) fn signed(frame: &[u8], transaction: &Transaction, key: &Pubkey) -> bool {
    let signers = usize::from(transaction.signers).max(1);
    transaction.keys.iter().take(signers).any(|signer| signer.of(frame) == key.0)
}

/// Whether a private key can exist for this address; a program's own accounts have none.
pub(crate) fn on_curve(key: &Pubkey) -> bool {
    CompressedEdwardsY(key.0).decompress().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_curve_is_true_for_a_wallet_and_false_for_a_programs_account() {
        // A fee payer of slot 285000037, and the accounts that Jupiter's and Raydium's pools share.
        for (text, wallet) in [
            ("9WzDXwBbmkg8ZTbNMqUxvQRAyrZzDsGYdLVL9zYtAWWM", true),
            ("5Q544fKrFoe6tsEbD7S8EmxGTJYAKtTVhAW5Q5pge4j1", false),
            ("6LXutJvKUw8Q5ue2gCgKHQdAN4suWW8awzFVC6XCguFx", false),
        ] {
            assert_eq!(Pubkey::parse(text.as_bytes()).as_ref().map(on_curve), Some(wallet), "{text}");
        }
    }
}
