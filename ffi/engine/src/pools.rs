//! State of constant-product pools: reserves as the program sees them, and its own arithmetic.
//!
//! Raydium v4 and CPMM both keep what they owe (fees, profit) in the vaults and leave it out of the price.
//! A pool is *exact* when its newest landed swap gave what this arithmetic says, to the unit (or none has
//! landed since its snapshot).

mod pool;
mod snapshot;

use std::collections::HashMap;

use crate::call::Dex;
use crate::legs::Leg;
use crate::pubkey::Pubkey;

pub use self::pool::Pool;
pub use self::snapshot::Account;
use self::snapshot::{amm_v4, cpmm};

/// What a pool is, whatever its state.
#[derive(Clone, Copy)]
pub struct PoolIdentity {
    /// Its account.
    pub address: Pubkey,
    /// The DEX that it belongs to.
    pub dex: &'static Dex,
}

/// Whose vault an account is.
#[derive(Clone, Copy)]
pub struct VaultOf {
    /// The pool's account.
    pub pool: Pubkey,
    /// 0 or 1.
    pub side: usize,
}

/// All known pools and the vaults that belong to them. A pool keeps its index for as long as it is known.
#[derive(Default)]
pub struct Pools {
    pools: Vec<Pool>,
    identities: Vec<PoolIdentity>,
    indices: HashMap<Pubkey, u32>,
    vaults: HashMap<Pubkey, VaultOf>,
    by_mint: HashMap<Pubkey, Vec<u32>>,
}

impl Pools {
    /// Loads a snapshot: the pools whose config and vaults it also contains. Returns how many.
    pub fn load(&mut self, accounts: &[Account<'_>]) -> usize {
        let by_key: HashMap<Pubkey, &Account<'_>> =
            accounts.iter().map(|account| (account.pubkey, account)).collect();
        let before = self.pools.len();
        for account in accounts {
            let Some(dex) = crate::dex::by_program(&account.owner.0) else { continue };
            let pool = match dex.id {
                "raydium_amm_v4" => amm_v4(account.data, &by_key),
                "raydium_cpmm" => cpmm(account.data, &by_key),
                _ => None,
            };
            let Some(pool) = pool else { continue };
            for (side, vault) in pool.vaults.into_iter().enumerate() {
                self.vaults.insert(vault, VaultOf { pool: account.pubkey, side });
            }
            if let Some(&index) = self.indices.get(&account.pubkey) {
                self.pools[index as usize] = pool;
                continue;
            }
            let index = self.pools.len() as u32;
            self.indices.insert(account.pubkey, index);
            for mint in pool.mints {
                self.by_mint.entry(mint).or_default().push(index);
            }
            self.identities.push(PoolIdentity { address: account.pubkey, dex });
            self.pools.push(pool);
        }
        self.pools.len() - before
    }

    /// How many pools are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pools.len()
    }

    /// Whether none is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pools.is_empty()
    }

    /// The pool's state now.
    #[must_use]
    pub fn get(&self, pool: &Pubkey) -> Option<&Pool> {
        Some(self.at(self.index_of(pool)?))
    }

    /// The pool's index.
    #[must_use]
    pub fn index_of(&self, pool: &Pubkey) -> Option<u32> {
        self.indices.get(pool).copied()
    }

    /// The state of the pool with this index.
    #[must_use]
    pub fn at(&self, index: u32) -> &Pool {
        &self.pools[index as usize]
    }

    /// Address and DEX of the pool with this index.
    #[must_use]
    pub fn identity(&self, index: u32) -> PoolIdentity {
        self.identities[index as usize]
    }

    /// Indices of the pools that trade `mint`.
    #[must_use]
    pub fn with_mint(&self, mint: &Pubkey) -> &[u32] {
        self.by_mint.get(mint).map_or(&[], Vec::as_slice)
    }

    /// The pool and side of a vault.
    #[must_use]
    pub fn vault(&self, account: &Pubkey) -> Option<VaultOf> {
        self.vaults.get(account).copied()
    }

    /// Applies a landed leg; the pool stays exact only if it paid what the arithmetic says.
    pub fn apply(&mut self, leg: &Leg) {
        let Some(&index) = self.indices.get(&leg.pool) else { return };
        let pool = &mut self.pools[index as usize];
        let Some(side) = pool.side_of(&leg.in_mint) else { return };
        let mut next = *pool;
        let agrees = next.swap(side, leg.in_amount) == Some(leg.out_amount);
        if !agrees {
            let mut delta = [0; 2];
            delta[side] = i128::from(leg.in_amount);
            delta[1 - side] = -i128::from(leg.out_amount);
            next = *pool;
            next.adjust_vaults(delta);
        }
        next.exact = agrees;
        *pool = next;
    }

    /// Sets a vault to the balance that a transaction left; returns what moved besides its swaps.
    pub fn set_vault_balance(&mut self, pool: &Pubkey, side: usize, balance: u64) -> i128 {
        let Some(&index) = self.indices.get(pool) else { return 0 };
        let known = &mut self.pools[index as usize];
        let moved = i128::from(balance) - i128::from(known.balances[side]);
        known.balances[side] = balance;
        moved
    }
}
