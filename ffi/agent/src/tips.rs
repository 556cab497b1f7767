//! Tip accounts that the configuration adds to the engine's table.

use std::sync::Arc;

use engine::pubkey::Pubkey;
use engine::tips::TipAccounts;

/// One of them; the file that it came from was checked, and its line named, by whoever read it.
#[derive(serde::Deserialize)]
pub struct TipAccount {
    /// Base58.
    pub account: String,
    /// Whose it is.
    pub service: String,
}

/// The table with these added.
///
/// # Errors
/// One line: an account is none.
pub fn accounts(added: &[TipAccount]) -> Result<Arc<TipAccounts>, String> {
    let mut known = TipAccounts::default();
    for TipAccount { account, service } in added {
        let key = Pubkey::parse(account.as_bytes())
            .ok_or_else(|| format!("Cannot use tip account {account}: need base58 of 32 bytes"))?;
        known.add(key, service);
    }
    Ok(Arc::new(known))
}
