//! One simulated transaction: executed on the market, then written as the frame a node would send.

use engine::pubkey::{Pubkey, Signature};
use engine::token::{SYSTEM, TOKEN};

use super::market::{Account, Market, Program, STILL_LAMPORTS, program_of};
use super::random::Random;
use crate::proto::Writer;
use crate::to_frame::VOTE;

/// Network fee of a signature.
pub const BASE_FEE_LAMPORTS: u64 = 5_000;
/// About how many compute units a swap takes.
const COMPUTE_UNITS: u64 = 65_000;
/// Jupiter v6, a router: its instruction calls the pool's.
const ROUTER: &str = "JUP6LkbZbjS1jKKwapdHNy74zcZ3tLUZoi5QNyVTaV4";
/// First bytes of the router's `route` instruction.
const ROUTE: [u8; 8] = [0xe5, 0x17, 0xcb, 0x97, 0x7a, 0xe3, 0xad, 0x2a];
/// Custom program error "slippage exceeded" of both programs, as bincode has it.
const SLIPPAGE: [u8; 13] = [8, 0, 0, 0, 2, 25, 0, 0, 0, 30, 0, 0, 0];

/// How a swap reaches its pool.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// The wallet calls the pool.
    Direct,
    /// A router calls the pool with the wallet's accounts.
    Router,
    /// A router calls the pool with accounts of its own, which all its users share.
    Shared {
        /// What is paid comes from the wallet; else it is left there by the previous swap.
        first: bool,
        /// What is received goes to the wallet; else it stays for the next swap.
        last: bool,
    },
}

impl Via {
    /// A single swap through the router's own accounts.
    pub const SHARED: Via = Via::Shared { first: true, last: true };
}

/// One thing a transaction does.
#[derive(Clone, Copy)]
pub enum Op {
    /// Swaps with at least `min_out` back, directly or through a router.
    Swap {
        /// Index of the pool.
        pool: usize,
        /// The side paid.
        side: usize,
        /// Base units paid; `None` = what the swap before paid.
        amount: Option<u64>,
        /// Fewest base units back.
        min_out: u64,
        /// Who calls the pool, and whose accounts hold the tokens.
        via: Via,
    },
    /// Lamports to a wallet or tip account.
    Send {
        /// Receiver.
        to: Pubkey,
        /// How much.
        lamports: u64,
    },
    /// Tokens to another wallet's token account.
    SendToken {
        /// Index of the mint.
        mint: usize,
        /// Owner of the receiving account.
        to: Pubkey,
        /// Base units.
        amount: u64,
    },
    /// Liquidity into (or out of) both vaults.
    Liquidity {
        /// Index of the pool.
        pool: usize,
        /// Base units of both sides.
        amounts: [u64; 2],
        /// Out of the pool.
        withdraw: bool,
    },
    /// A validator's vote.
    Vote,
}

/// A swap as it was executed.
#[derive(Clone, Copy)]
pub struct Swapped {
    /// Index of the pool.
    pub pool: usize,
    /// The side paid.
    pub side: usize,
    /// Base units paid.
    pub amount_in: u64,
    /// Base units got.
    pub amount_out: u64,
}

/// What a transaction did.
pub struct Executed {
    /// Its name.
    pub signature: Signature,
    /// Refused: only its fee was taken.
    pub failed: bool,
    /// Its swaps in order.
    pub swaps: Vec<Swapped>,
}

/// A transaction to send.
pub struct Order<'a> {
    /// Slot and place in the block.
    pub place: (u64, u64),
    /// Pays the fee.
    pub signer: Pubkey,
    /// Its name.
    pub signature: Signature,
    /// Lamports in addition to the base fee.
    pub priority_lamports: u64,
    /// What it does.
    pub ops: &'a [Op],
}

struct Called {
    program: u8,
    accounts: Vec<u8>,
    data: Vec<u8>,
    height: u8,
}

struct Builder<'m> {
    market: &'m mut Market,
    signer: Pubkey,
    keys: Vec<Pubkey>,
    /// Balances before, of the keys that have any.
    before: Vec<(Pubkey, Account)>,
    owed_before: Vec<(usize, [u64; 2])>,
    calls: Vec<(Called, Vec<Called>)>,
    swaps: Vec<Swapped>,
    failed: bool,
}

/// Executes `order` and appends its frame to `out`.
pub fn execute(market: &mut Market, random: &mut Random, order: &Order<'_>, out: &mut Vec<u8>) -> Executed {
    let fee = BASE_FEE_LAMPORTS + order.priority_lamports;
    let mut builder = Builder {
        market,
        signer: order.signer,
        keys: vec![order.signer],
        before: Vec::new(),
        owed_before: Vec::new(),
        calls: Vec::new(),
        swaps: Vec::new(),
        failed: false,
    };
    builder.remember(order.signer);
    builder.fund_fee(fee);
    for op in order.ops {
        builder.failed |= builder.run(random, op).is_none();
    }
    if builder.failed {
        builder.roll_back(fee);
    }
    builder.write(order, fee, Some(()), out);
    Executed { signature: order.signature, failed: builder.failed, swaps: std::mem::take(&mut builder.swaps) }
}

/// Writes `order` as it looks before it is executed: no balances, no inner instructions, no place.
pub fn announce(market: &mut Market, random: &mut Random, order: &Order<'_>, out: &mut Vec<u8>) {
    let mut builder = Builder {
        market,
        signer: order.signer,
        keys: vec![order.signer],
        before: Vec::new(),
        owed_before: Vec::new(),
        calls: Vec::new(),
        swaps: Vec::new(),
        failed: false,
    };
    builder.remember(order.signer);
    for op in order.ops {
        builder.failed |= builder.run(random, op).is_none();
    }
    builder.roll_back(0);
    builder.write(order, 0, None, out);
}

impl Builder<'_> {
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

    fn fund_fee(&mut self, fee: u64) {
        if let Some(payer) = self.market.accounts.get_mut(&self.signer) {
            payer.lamports = payer.lamports.saturating_sub(fee);
        }
    }

    fn roll_back(&mut self, fee: u64) {
        for (key, account) in &self.before {
            self.market.accounts.insert(*key, *account);
        }
        for (pool, owed) in self.owed_before.drain(..).rev() {
            self.market.pools[pool].owed = owed;
        }
        self.fund_fee(fee);
    }

    fn run(&mut self, random: &mut Random, op: &Op) -> Option<()> {
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
                self.calls.push((Called { height: 1, ..moved }, Vec::new()));
                Some(())
            }
            Op::Liquidity { pool, amounts, withdraw } => self.liquidity(pool, amounts, withdraw),
            Op::Vote => {
                let (program, account) = (self.index(VOTE), self.index(random.key()));
                let data = random.next().to_le_bytes().to_vec();
                self.calls
                    .push((Called { program, accounts: vec![account, 0], data, height: 1 }, Vec::new()));
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
    ) -> Option<Called> {
        self.remember(source);
        self.remember(target);
        let accounts = &mut self.market.accounts;
        let taken = accounts.get_mut(&source)?;
        let held = taken.token.as_mut()?;
        let wrapped = if held.mint == super::market::SOL { amount } else { 0 };
        held.amount = held.amount.checked_sub(amount)?;
        taken.lamports -= wrapped;
        let given = accounts.get_mut(&target)?;
        given.token.as_mut()?.amount += amount;
        given.lamports += wrapped;
        let program = self.index(TOKEN);
        let (source, target, authority) = (self.index(source), self.index(target), self.index(authority));
        Some(match mint {
            None => Called {
                program,
                accounts: vec![source, target, authority],
                data: [&[3][..], &amount.to_le_bytes()].concat(),
                height: 0,
            },
            Some(mint) => {
                let decimals = self.market.decimals(mint);
                let mint = self.index(self.market.mints[mint]);
                Called {
                    program,
                    accounts: vec![source, mint, target, authority],
                    data: [&[12][..], &amount.to_le_bytes(), &[decimals]].concat(),
                    height: 0,
                }
            }
        })
    }

    fn send(&mut self, to: Pubkey, lamports: u64) -> Option<()> {
        // A tip account already exists.
        self.market.accounts.entry(to).or_insert(Account { lamports: STILL_LAMPORTS, token: None });
        self.remember(to);
        let payer = self.market.accounts.get_mut(&self.signer)?;
        payer.lamports = payer.lamports.checked_sub(lamports)?;
        self.market.accounts.get_mut(&to)?.lamports += lamports;
        let (program, from, to) = (self.index(SYSTEM), self.index(self.signer), self.index(to));
        let data = [&[2, 0, 0, 0][..], &lamports.to_le_bytes()].concat();
        self.calls.push((Called { program, accounts: vec![from, to], data, height: 1 }, Vec::new()));
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
            self.calls.push((call, Vec::new()));
            return None;
        };
        let checked = |side: usize| (pool.program == Program::Cpmm).then_some(pool.mints[side]);
        let depth = if via == Via::Direct { 2 } else { 3 };
        let mut inner = Vec::new();
        if matches!(via, Via::Shared { first: true, .. }) {
            let moved = self.transfer(from_user, own_in, user, amount, None)?;
            inner.push(Called { height: 2, ..moved });
        }
        let into = self.transfer(own_in, vault_in, payer, amount, checked(side))?;
        let from = self.transfer(vault_out, own_out, pool.authority, paid, checked(1 - side))?;
        self.owed_before.push((at, pool.owed));
        self.market.pools[at].owed = state.owed;
        let moves = [into, from].into_iter().map(|moved| Called { height: depth, ..moved });
        if via == Via::Direct {
            call.height = 1;
            self.calls.push((call, moves.collect()));
        } else {
            call.height = 2;
            let program = self.index(Pubkey::parse(ROUTER.as_bytes())?);
            let accounts = call.accounts.clone();
            inner.push(call);
            inner.extend(moves);
            if matches!(via, Via::Shared { last: true, .. }) {
                let moved = self.transfer(own_out, to_user, payer, paid, None)?;
                inner.push(Called { height: 2, ..moved });
            }
            let data = [&ROUTE[..], &amount.to_le_bytes(), &min_out.to_le_bytes()].concat();
            self.calls.push((Called { program, accounts, data, height: 1 }, inner));
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
    ) -> Called {
        let numbers = [amount.to_le_bytes(), min_out.to_le_bytes()].concat();
        let (data, accounts) = match pool.program {
            Program::Cpmm => {
                let data = [&[0x8f, 0xbe, 0x5a, 0xda, 0xc4, 0x1e, 0x33, 0xde][..], &numbers].concat();
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
                ([&[16][..], &numbers].concat(), accounts)
            }
            Program::AmmV4 => {
                let mut accounts =
                    vec![TOKEN, pool.key, pool.authority, pool.config, pool.vaults[0], pool.vaults[1]];
                accounts.extend((1..=8).map(|number| related(&pool.key, number)));
                accounts.extend([own[0], own[1], payer]);
                ([&[9][..], &numbers].concat(), accounts)
            }
        };
        let program = self.index(program_of(pool.program));
        Called {
            program,
            accounts: accounts.into_iter().map(|key| self.index(key)).collect(),
            data,
            height: 0,
        }
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
            inner.push(Called { height: 2, ..moved });
        }
        let program = self.index(program_of(pool.program));
        let accounts = vec![self.index(pool.key), self.index(pool.vaults[0]), self.index(pool.vaults[1])];
        // Both programs' tags for deposit and withdraw.
        let data = match (pool.program, withdraw) {
            (Program::AmmV4, false) => vec![3; 25],
            (Program::AmmV4, true) => vec![4; 9],
            (Program::Cpmm, false) => vec![0xf2, 0x23, 0xc6, 0x89, 0x52, 0xe1, 0xf2, 0xb6],
            (Program::Cpmm, true) => vec![0xb7, 0x12, 0x46, 0x9c, 0x94, 0x6d, 0xa1, 0x22],
        };
        self.calls.push((Called { program, accounts, data, height: 1 }, inner));
        Some(())
    }

    fn write(&mut self, order: &Order<'_>, fee: u64, landed: Option<()>, out: &mut Vec<u8>) {
        let vote = matches!(order.ops, [Op::Vote]);
        let failed = self.failed;
        if failed {
            self.swaps.clear();
        }
        Writer(out).message(4, |update| {
            update.message(1, |info| {
                info.bytes(1, &order.signature.0);
                info.number(2, vote.into());
                info.message(3, |transaction| self.write_message(order, transaction));
                if landed.is_some() {
                    info.message(4, |meta| self.write_meta(fee, meta));
                    info.number(5, order.place.1);
                }
            });
            update.number(2, order.place.0);
        });
    }

    fn write_message(&self, order: &Order<'_>, out: &mut Writer<'_>) {
        out.bytes(1, &order.signature.0);
        out.message(2, |message| {
            message.message(1, |header| header.number(1, 1));
            for key in &self.keys {
                message.bytes(2, &key.0);
            }
            message.bytes(3, &order.signature.0[..32]);
            for (call, _) in &self.calls {
                message.message(4, |out| write_call(out, call));
            }
            message.number(5, 1);
        });
    }

    fn write_meta(&self, fee: u64, out: &mut Writer<'_>) {
        if self.failed {
            out.message(1, |error| error.bytes(1, &SLIPPAGE));
        }
        out.number(2, fee);
        let before =
            |key: &Pubkey| self.before.iter().find(|(known, _)| known == key).map(|(_, account)| *account);
        let lamports = |account: Option<Account>| account.map_or(STILL_LAMPORTS, |account| account.lamports);
        let after = |key: &Pubkey| before(key).and(self.market.accounts.get(key).copied());
        out.packed(3, self.keys.iter().map(|key| lamports(before(key))));
        out.packed(4, self.keys.iter().map(|key| lamports(after(key))));
        for (top, (_, inner)) in self.calls.iter().enumerate().filter(|(_, (_, inner))| !inner.is_empty()) {
            if self.failed {
                break;
            }
            out.message(5, |group| {
                group.number(1, top as u64);
                for call in inner {
                    group.message(2, |out| {
                        write_call(out, call);
                        out.number(4, call.height.into());
                    });
                }
            });
        }
        for field in [7, 8] {
            for (at, key) in self.keys.iter().enumerate() {
                let account = if field == 7 { before(key) } else { after(key) };
                let Some(held) = account.and_then(|account| account.token) else { continue };
                out.message(field, |balance| {
                    balance.number(1, at as u64);
                    balance.bytes(2, self.market.mints[held.mint].to_string().as_bytes());
                    balance.message(3, |amount| {
                        amount.number(2, self.market.decimals(held.mint).into());
                        amount.bytes(3, held.amount.to_string().as_bytes());
                    });
                    balance.bytes(4, held.owner.to_string().as_bytes());
                    balance.bytes(5, TOKEN.to_string().as_bytes());
                });
            }
        }
        out.number(16, COMPUTE_UNITS * self.calls.len() as u64);
    }
}

fn write_call(out: &mut Writer<'_>, call: &Called) {
    out.number(1, call.program.into());
    out.bytes_unless_empty(2, &call.accounts);
    out.bytes_unless_empty(3, &call.data);
}

/// An account of a pool that is never read: order book, observations.
fn related(pool: &Pubkey, number: u8) -> Pubkey {
    Pubkey(std::array::from_fn(|at| pool.0[at].wrapping_mul(31).wrapping_add(number)))
}

use super::market::Pool;
