//! Account snapshots: NDJSON of `{pubkey, owner, lamports, data}`, or `{accounts: {PUBKEY: {owner, data}}}`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use engine::pubkey::Pubkey;
use serde::Deserialize;

use crate::error::{NoAccounts, SourceError};
pub use crate::owned_account::{OwnedAccount, borrowed};
use crate::unpack::read_text;

/// Maximum size of a snapshot; all its accounts are held in memory at once.
const ACCOUNTS_BYTES_MAX: usize = 64 << 20;

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    pubkey: Option<Cow<'a, str>>,
    #[serde(borrow)]
    owner: Option<Cow<'a, str>>,
    #[serde(borrow)]
    data: Option<Data<'a>>,
    #[serde(borrow)]
    accounts: Option<BTreeMap<Cow<'a, str>, Inner<'a>>>,
}

#[derive(Deserialize)]
struct Inner<'a> {
    #[serde(borrow)]
    owner: Cow<'a, str>,
    #[serde(borrow)]
    data: Data<'a>,
}

/// Base64, alone or as JSON-RPC's pair with the name of the encoding.
#[derive(Deserialize)]
#[serde(untagged)]
enum Data<'a> {
    Plain(#[serde(borrow)] Cow<'a, str>),
    Pair(#[serde(borrow)] Vec<Cow<'a, str>>),
}

/// Reads a snapshot file, also `.zst` and `.gz`.
///
/// # Errors
/// One line that names the file and what is wrong in it.
pub fn read(path: &Path) -> Result<Vec<OwnedAccount>, SourceError> {
    let text = read_text(path, ACCOUNTS_BYTES_MAX)?;
    let broken = |why| SourceError::NoAccounts { path: path.to_path_buf(), why };
    let malformed = |pubkey: &str| broken(NoAccounts::Malformed(pubkey.to_owned()));
    let mut found = Vec::new();
    for line in serde_json::Deserializer::from_str(&text).into_iter::<Line<'_>>() {
        let line = line.map_err(|error| broken(NoAccounts::Json(error)))?;
        if let Some(accounts) = line.accounts {
            for (pubkey, inner) in accounts {
                let account = account(&pubkey, &inner.owner, &inner.data);
                found.push(account.ok_or_else(|| malformed(&pubkey))?);
            }
            continue;
        }
        let (Some(pubkey), Some(owner), Some(data)) = (line.pubkey, line.owner, line.data) else {
            return Err(broken(NoAccounts::Incomplete));
        };
        let account = account(&pubkey, &owner, &data);
        found.push(account.ok_or_else(|| malformed(&pubkey))?);
    }
    Ok(found)
}

fn account(pubkey: &str, owner: &str, data: &Data<'_>) -> Option<OwnedAccount> {
    let text = match data {
        Data::Plain(text) => text,
        Data::Pair(pair) => pair.first()?,
    };
    let data = base64::engine::general_purpose::STANDARD.decode(&**text).ok()?;
    Some(OwnedAccount {
        pubkey: Pubkey::parse(pubkey.as_bytes())?,
        owner: Pubkey::parse(owner.as_bytes())?,
        data,
    })
}
