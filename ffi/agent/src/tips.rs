//! Tip accounts that the configuration adds to the engine's table.

use std::sync::Arc;

use engine::pubkey::Pubkey;
use engine::tips::TipAccounts;

use crate::error::AgentError;

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
/// An account is none.
pub fn accounts(added: &[TipAccount]) -> Result<Arc<TipAccounts>, AgentError> {
    let mut known = TipAccounts::default();
    for TipAccount { account, service } in added {
        let key = Pubkey::parse(account.as_bytes()).ok_or_else(|| AgentError::TipAccount(account.clone()))?;
        known.add(key, service);
    }
    Ok(Arc::new(known))
}
