//! An account, as in a snapshot or the simulator.

use engine::pools::Account;
use engine::pubkey::Pubkey;

/// An account that owns its bytes.
pub struct OwnedAccount {
    pub(crate) pubkey: Pubkey,
    pub(crate) owner: Pubkey,
    pub(crate) data: Vec<u8>,
}

impl OwnedAccount {
    /// An account that did not come from a file.
    #[must_use]
    pub fn new(pubkey: Pubkey, owner: Pubkey, data: Vec<u8>) -> OwnedAccount {
        OwnedAccount { pubkey, owner, data }
    }

    /// The engine's view of it.
    #[must_use]
    pub fn view(&self) -> Account<'_> {
        Account { pubkey: self.pubkey, owner: self.owner, data: &self.data }
    }
}

/// The engine's view of them.
#[must_use]
pub fn borrowed(accounts: &[OwnedAccount]) -> Vec<Account<'_>> {
    accounts.iter().map(OwnedAccount::view).collect()
}
