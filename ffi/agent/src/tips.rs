//! Tip accounts that the configuration adds to the engine's table.

use std::sync::Arc;

use engine::pubkey::Pubkey;
use engine::tips::TipAccounts;

use crate::error::AgentError;

/// One such account; the code that read its file has checked it and reported bad lines.
#[derive(serde::Deserialize)]
pub struct TipAccount {
    /// Base58.
    pub account: String,
    /// The service that owns it.
    pub service: String,
}

/// The table with these added.
///
/// # Errors
/// An account is not an address.
pub fn accounts(added: &[TipAccount]) -> Result<Arc<TipAccounts>, AgentError> {
    let mut known = TipAccounts::default();
    for TipAccount { account, service } in added {
        let key = Pubkey::parse(account.as_bytes()).ok_or_else(|| AgentError::TipAccount(account.clone()))?;
        known.add(key, service);
    }
    Ok(Arc::new(known))
}
