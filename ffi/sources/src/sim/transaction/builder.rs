//! Executes a simulated transaction on the market, all of it or nothing.

use engine::pubkey::Pubkey;
use engine::token::{SYSTEM, SYSTEM_TRANSFER, TOKEN, TRANSFER, TRANSFER_CHECKED};

use super::order::{Op, Swapped, Via};
use crate::sim::market::{Account, Market, Pool, Program, SOL, STATIC_LAMPORTS, program_of};
use crate::sim::random::Random;
use crate::to_frame::VOTE;

/// Jupiter v6, a router: its instruction calls the pool's.
const ROUTER: &str = "JUP6LkbZbjS1jKKwapdHNy74zcZ3tLUZoi5QNyVTaV4";
/// Tags of Raydium v4: `swap_base_in` with the order book's accounts and without, `deposit`, `withdraw`.
const AMM_V4_SWAP: u8 = 9;
const AMM_V4_SWAP_SHORT: u8 = 16;
const AMM_V4_DEPOSIT: u8 = 3;
const AMM_V4_WITHDRAW: u8 = 4;
/// Tags of Raydium CPMM: `swap_base_input`, `deposit`, `withdraw`.
const CPMM_SWAP: [u8; 8] = [0x8f, 0xbe, 0x5a, 0xda, 0xc4, 0x1e, 0x33, 0xde];
const CPMM_DEPOSIT: [u8; 8] = [0xf2, 0x23, 0xc6, 0x89, 0x52, 0xe1, 0xf2, 0xb6];
const CPMM_WITHDRAW: [u8; 8] = [0xb7, 0x12, 0x46, 0x9c, 0x94, 0x6d, 0xa1, 0x22];
/// First bytes of the router's `route` instruction.
const ROUTE: [u8; 8] = [0xe5, 0x17, 0xcb, 0x97, 0x7a, 0xe3, 0xad, 0x2a];

/// One instruction; numbers are indices of keys.
pub struct Call {
    pub program: u8,
    pub accounts: Vec<u8>,
    pub data: Vec<u8>,
    /// CPI depth, 1 = top level.
    pub height: u8,
}

/// A top-level instruction.
pub struct TopCall {
    pub call: Call,
    /// What it calls, at any depth, in the order of execution.
    pub inner: Vec<Call>,
}

/// A transaction that is being executed.
pub struct Builder<'m> {
    pub market: &'m mut Market,
    signer: Pubkey,
    pub keys: Vec<Pubkey>,
    /// Balances before, of the keys that have any.
    pub before: Vec<(Pubkey, Account)>,
    /// Pools that were swapped in, with their `fees_owed` before.
    fees_owed_before: Vec<(usize, [u64; 2])>,
    pub calls: Vec<TopCall>,
    pub swaps: Vec<Swapped>,
    pub failed: bool,
}

impl<'m> Builder<'m> {
    /// A transaction that does nothing yet.
    pub fn new(market: &'m mut Market, signer: Pubkey) -> Builder<'m> {
        let mut builder = Builder {
            market,
            signer,
            keys: vec![signer],
            before: Vec::new(),
            fees_owed_before: Vec::new(),
            calls: Vec::new(),
            swaps: Vec::new(),
            failed: false,
        };
        builder.remember(signer);
        builder
    }

    fn call(&mut self, call: Call, inner: Vec<Call>) {
        self.calls.push(TopCall { call, inner });
    }

    fn index(&mut self, key: Pubkey) -> u8 {
        let at = self.keys.iter().position(|known| *known == key).unwrap_or_else(|| {
            self.keys.push(key);
            self.keys.len() - 1
        });
        at as u8
    }

    fn remember(&mut self, key: Pubkey) {
        if self.before.iter().all(|(known, _)| *known != key)
            && let Some(account) = self.market.accounts.get(&key)
        {
            self.before.push((key, *account));
        }
    }

    /// Takes the network fee from the signer.
    pub fn pay_fee(&mut self, fee: u64) {
        if let Some(payer) = self.market.accounts.get_mut(&self.signer) {
            payer.lamports = payer.lamports.saturating_sub(fee);
        }
    }

    /// Undoes everything but the fee.
    pub fn roll_back(&mut self, fee: u64) {
        for (key, account) in &self.before {
            self.market.accounts.insert(*key, *account);
        }
        for (pool, fees_owed) in self.fees_owed_before.drain(..).rev() {
            self.market.pools[pool].fees_owed = fees_owed;
        }
        self.pay_fee(fee);
    }

    /// Executes one operation; `None`: the transaction fails.
    pub fn run(&mut self, random: &mut Random, op: &Op) -> Option<()> {
        match *op {
            Op::Swap { pool, side, amount, min_out, via } => {
                let amount = amount.or_else(|| self.swaps.last().map(|swap| swap.amount_out))?;
                self.swap(pool, side, amount, min_out, via)
            }
            Op::Send { to, lamports } => self.send(to, lamports),
            Op::SendToken { mint, to, amount } => {
                let (source, target) =
                    (self.market.token_account(&self.signer, mint), self.market.token_account(&to, mint));
                let moved = self.transfer(source, target, self.signer, amount, None)?;
                self.call(Call { height: 1, ..moved }, Vec::new());
                Some(())
            }
            Op::Liquidity { pool, amounts, withdraw } => self.liquidity(pool, amounts, withdraw),
            Op::Vote => {
                let (program, account) = (self.index(VOTE), self.index(random.key()));
                let data = random.next().to_le_bytes().to_vec();
                self.call(Call { program, accounts: vec![account, 0], data, height: 1 }, Vec::new());
                Some(())
            }
        }
    }

    /// Moves tokens and returns the call that did it; with `mint` it is a `TransferChecked` of that mint.
    fn transfer(
        &mut self,
        source: Pubkey,
        target: Pubkey,
        authority: Pubkey,
        amount: u64,
        mint: Option<usize>,
    ) -> Option<Call> {
        self.remember(source);
        self.remember(target);
        let accounts = &mut self.market.accounts;
        let taken = accounts.get_mut(&source)?;
        let held = taken.token.as_mut()?;
        let wrapped = if held.mint == SOL { amount } else { 0 };
        held.amount = held.amount.checked_sub(amount)?;
        taken.lamports -= wrapped;
        let given = accounts.get_mut(&target)?;
        given.token.as_mut()?.amount += amount;
        given.lamports += wrapped;
        let program = self.index(TOKEN);
        let (source, target, authority) = (self.index(source), self.index(target), self.index(authority));
        Some(match mint {
            None => Call {
                program,
                accounts: vec![source, target, authority],
                data: [&[TRANSFER][..], &amount.to_le_bytes()].concat(),
                height: 0,
            },
            Some(mint) => {
                let decimals = self.market.decimals(mint);
                let mint = self.index(self.market.mints[mint]);
                Call {
                    program,
                    accounts: vec![source, mint, target, authority],
                    data: [&[TRANSFER_CHECKED][..], &amount.to_le_bytes(), &[decimals]].concat(),
                    height: 0,
                }
            }
        })
    }

    fn send(&mut self, to: Pubkey, lamports: u64) -> Option<()> {
        // A tip account already exists.
        self.market.accounts.entry(to).or_insert(Account { lamports: STATIC_LAMPORTS, token: None });
        self.remember(to);
        let payer = self.market.accounts.get_mut(&self.signer)?;
        payer.lamports = payer.lamports.checked_sub(lamports)?;
        self.market.accounts.get_mut(&to)?.lamports += lamports;
        let (program, from, to) = (self.index(SYSTEM), self.index(self.signer), self.index(to));
        let data = [&SYSTEM_TRANSFER[..], &lamports.to_le_bytes()].concat();
        self.call(Call { program, accounts: vec![from, to], data, height: 1 }, Vec::new());
        Some(())
    }

    fn swap(&mut self, at: usize, side: usize, amount: u64, min_out: u64, via: Via) -> Option<()> {
        let pool = self.market.pools[at].clone();
        let mut state = self.market.state(at);
        let paid = state.swap(pool.program, side, amount);
        let user = self.signer;
        let payer = if matches!(via, Via::Shared { .. }) { self.market.router } else { user };
        let accounts =
            |owner: Pubkey| [side, 1 - side].map(|side| self.market.token_account(&owner, pool.mints[side]));
        let ([from_user, to_user], [own_in, own_out]) = (accounts(user), accounts(payer));
        let (vault_in, vault_out) = (pool.vaults[side], pool.vaults[1 - side]);
        let mut call = self.swap_call(&pool, side, amount, min_out, payer, [own_in, own_out]);
        let Some(paid) = paid.filter(|&paid| paid >= min_out) else {
            call.height = 1;
            self.call(call, Vec::new());
            return None;
        };
        let checked = |side: usize| (pool.program == Program::Cpmm).then_some(pool.mints[side]);
        let depth = if via == Via::Direct { 2 } else { 3 };
        let mut inner = Vec::new();
        if matches!(via, Via::Shared { first: true, .. }) {
            let moved = self.transfer(from_user, own_in, user, amount, None)?;
            inner.push(Call { height: 2, ..moved });
        }
        let into = self.transfer(own_in, vault_in, payer, amount, checked(side))?;
        let from = self.transfer(vault_out, own_out, pool.authority, paid, checked(1 - side))?;
        self.fees_owed_before.push((at, pool.fees_owed));
        self.market.pools[at].fees_owed = state.fees_owed;
        let moves = [into, from].into_iter().map(|moved| Call { height: depth, ..moved });
        if via == Via::Direct {
            call.height = 1;
            self.call(call, moves.collect());
        } else {
            call.height = 2;
            let program = self.index(Pubkey::parse(ROUTER.as_bytes())?);
            let accounts = call.accounts.clone();
            inner.push(call);
            inner.extend(moves);
            if matches!(via, Via::Shared { last: true, .. }) {
                let moved = self.transfer(own_out, to_user, payer, paid, None)?;
                inner.push(Call { height: 2, ..moved });
            }
            let data = [&ROUTE[..], &amount.to_le_bytes(), &min_out.to_le_bytes()].concat();
            self.call(Call { program, accounts, data, height: 1 }, inner);
        }
        self.swaps.push(Swapped { pool: at, side, amount_in: amount, amount_out: paid });
        Some(())
    }

    /// The swap's own instruction, as the program's clients write it.
    fn swap_call(
        &mut self,
        pool: &Pool,
        side: usize,
        amount: u64,
        min_out: u64,
        payer: Pubkey,
        own: [Pubkey; 2],
    ) -> Call {
        let numbers = [amount.to_le_bytes(), min_out.to_le_bytes()].concat();
        let (data, accounts) = match pool.program {
            Program::Cpmm => {
                let data = [&CPMM_SWAP[..], &numbers].concat();
                let mints = [side, 1 - side].map(|side| self.market.mints[pool.mints[side]]);
                let vaults = [pool.vaults[side], pool.vaults[1 - side]];
                let accounts = vec![
                    payer,
                    pool.authority,
                    pool.config,
                    pool.key,
                    own[0],
                    own[1],
                    vaults[0],
                    vaults[1],
                    TOKEN,
                    TOKEN,
                    mints[0],
                    mints[1],
                    related(&pool.key, 1),
                ];
                (data, accounts)
            }
            Program::AmmV4 if pool.short => {
                let accounts = vec![
                    TOKEN,
                    pool.key,
                    pool.authority,
                    pool.vaults[0],
                    pool.vaults[1],
                    own[0],
                    own[1],
                    payer,
                ];
                ([&[AMM_V4_SWAP_SHORT][..], &numbers].concat(), accounts)
            }
            Program::AmmV4 => {
                let mut accounts =
                    vec![TOKEN, pool.key, pool.authority, pool.config, pool.vaults[0], pool.vaults[1]];
                accounts.extend((1..=8).map(|number| related(&pool.key, number)));
                accounts.extend([own[0], own[1], payer]);
                ([&[AMM_V4_SWAP][..], &numbers].concat(), accounts)
            }
        };
        let program = self.index(program_of(pool.program));
        Call { program, accounts: accounts.into_iter().map(|key| self.index(key)).collect(), data, height: 0 }
    }

    fn liquidity(&mut self, at: usize, amounts: [u64; 2], withdraw: bool) -> Option<()> {
        let pool = self.market.pools[at].clone();
        let mut inner = Vec::new();
        for side in [0, 1] {
            let own = self.market.token_account(&self.signer, pool.mints[side]);
            let (source, target, authority) = if withdraw {
                (pool.vaults[side], own, pool.authority)
            } else {
                (own, pool.vaults[side], self.signer)
            };
            let moved = self.transfer(source, target, authority, amounts[side], None)?;
            inner.push(Call { height: 2, ..moved });
        }
        let program = self.index(program_of(pool.program));
        let accounts = vec![self.index(pool.key), self.index(pool.vaults[0]), self.index(pool.vaults[1])];
        let data = match (pool.program, withdraw) {
            (Program::AmmV4, false) => vec![AMM_V4_DEPOSIT; 25],
            (Program::AmmV4, true) => vec![AMM_V4_WITHDRAW; 9],
            (Program::Cpmm, false) => CPMM_DEPOSIT.to_vec(),
            (Program::Cpmm, true) => CPMM_WITHDRAW.to_vec(),
        };
        self.call(Call { program, accounts, data, height: 1 }, inner);
        Some(())
    }
}

/// An account of a pool that is never read: order book, observations.
fn related(pool: &Pubkey, number: u8) -> Pubkey {
    Pubkey(std::array::from_fn(|at| pool.0[at].wrapping_mul(31).wrapping_add(number)))
}
