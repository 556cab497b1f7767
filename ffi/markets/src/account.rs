//! Accounts, and how their bytes are read: every place is checked, nothing panics.

use crate::address::Address;
use crate::quote::Refusal;

/// An account as a snapshot or a stream has it.
#[derive(Clone, Copy)]
pub struct Account<'a> {
    /// Its address.
    pub address: Address,
    /// The program that owns it.
    pub owner: Address,
    /// Its bytes.
    pub data: &'a [u8],
}

/// The accounts that are held.
pub trait Accounts {
    /// The account at `address`.
    fn get(&self, address: &Address) -> Option<Account<'_>>;

    /// The accounts that `owner` owns: ticks and bins are found by the pool they name.
    fn owned_by(&self, owner: &Address) -> Box<dyn Iterator<Item = Account<'_>> + '_>;

    /// The account at `address`, which `owner` must own.
    ///
    /// # Errors
    /// [`Refusal::NotHeld`] or, for another owner, [`Refusal::Hostile`].
    fn need(&self, address: &Address, owner: &Address) -> Result<Account<'_>, Refusal> {
        let account = self.get(address).ok_or(Refusal::NotHeld(*address))?;
        if account.owner == *owner {
            Ok(account)
        } else {
            Err(Refusal::Hostile("an account is owned by another program"))
        }
    }
}

/// Why a read past the end fails.
const SHORT: Refusal = Refusal::Hostile("an account is too short");

impl<'a> Account<'a> {
    /// `N` bytes from `offset` on.
    ///
    /// # Errors
    /// [`Refusal::Hostile`] where the account ends before them.
    pub fn bytes<const N: usize>(&self, offset: usize) -> Result<[u8; N], Refusal> {
        let end = offset.checked_add(N).ok_or(SHORT)?;
        self.data.get(offset..end).and_then(|bytes| bytes.try_into().ok()).ok_or(SHORT)
    }

    /// One byte.
    ///
    /// # Errors
    /// As [`Self::bytes`]; so have all below.
    pub fn u8(&self, offset: usize) -> Result<u8, Refusal> {
        self.bytes(offset).map(|[byte]| byte)
    }

    /// A little-endian number of 16 bits.
    ///
    /// # Errors
    /// As [`Self::bytes`].
    pub fn u16(&self, offset: usize) -> Result<u16, Refusal> {
        self.bytes(offset).map(u16::from_le_bytes)
    }

    /// A little-endian number of 32 bits.
    ///
    /// # Errors
    /// As [`Self::bytes`].
    pub fn u32(&self, offset: usize) -> Result<u32, Refusal> {
        self.bytes(offset).map(u32::from_le_bytes)
    }

    /// A little-endian signed number of 32 bits.
    ///
    /// # Errors
    /// As [`Self::bytes`].
    pub fn i32(&self, offset: usize) -> Result<i32, Refusal> {
        self.bytes(offset).map(i32::from_le_bytes)
    }

    /// A little-endian number of 64 bits.
    ///
    /// # Errors
    /// As [`Self::bytes`].
    pub fn u64(&self, offset: usize) -> Result<u64, Refusal> {
        self.bytes(offset).map(u64::from_le_bytes)
    }

    /// A little-endian signed number of 64 bits.
    ///
    /// # Errors
    /// As [`Self::bytes`].
    pub fn i64(&self, offset: usize) -> Result<i64, Refusal> {
        self.bytes(offset).map(i64::from_le_bytes)
    }

    /// A little-endian number of 128 bits.
    ///
    /// # Errors
    /// As [`Self::bytes`].
    pub fn u128(&self, offset: usize) -> Result<u128, Refusal> {
        self.bytes(offset).map(u128::from_le_bytes)
    }

    /// A little-endian signed number of 128 bits.
    ///
    /// # Errors
    /// As [`Self::bytes`].
    pub fn i128(&self, offset: usize) -> Result<i128, Refusal> {
        self.bytes(offset).map(i128::from_le_bytes)
    }

    /// An address.
    ///
    /// # Errors
    /// As [`Self::bytes`].
    pub fn address(&self, offset: usize) -> Result<Address, Refusal> {
        self.bytes(offset)
    }

    /// Fails unless the data begins with an Anchor discriminator and has at least `size` bytes.
    ///
    /// # Errors
    /// [`Refusal::Hostile`].
    pub fn check(&self, discriminator: [u8; 8], size: usize) -> Result<(), Refusal> {
        if self.bytes::<8>(0)? != discriminator {
            return Err(Refusal::Hostile("an account has another discriminator"));
        }
        if self.data.len() < size { Err(SHORT) } else { Ok(()) }
    }
}
