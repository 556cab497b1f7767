//! The simulator's market: accounts, pools and what the two programs pay. It is written without the engine's
//! code, so that each can check the other.

use std::collections::HashMap;

use engine::pubkey::Pubkey;
use engine::token::WRAPPED_SOL;

use super::random::Random;
use crate::owned_account::OwnedAccount;

/// Lamports that a token account must hold to exist.
const TOKEN_RENT_LAMPORTS: u64 = 2_039_280;
/// Lamports of accounts whose balance never changes (programs, pool states).
pub const STATIC_LAMPORTS: u64 = 1_141_440;
/// Index of wrapped SOL among the mints.
pub const SOL: usize = 0;
/// Index of the dollar among the mints.
const DOLLAR: usize = 1;
/// Decimals by mint: SOL, the dollar, every other.
const DECIMALS: [u8; 3] = [9, 6, 6];

/// The program a pool belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// Raydium AMM v4.
    AmmV4,
    /// Raydium CPMM.
    Cpmm,
}

/// One account.
#[derive(Clone, Copy)]
pub struct Account {
    /// Its lamports, wrapped ones too.
    pub lamports: u64,
    /// What a token account holds.
    pub token: Option<Holding>,
}

/// Tokens of one owner.
#[derive(Clone, Copy)]
pub struct Holding {
    /// Index of the mint.
    pub mint: usize,
    /// Who may move them.
    pub owner: Pubkey,
    /// Base units.
    pub amount: u64,
}

/// One pool. Side 0 and 1 are its two mints.
#[derive(Clone)]
pub struct Pool {
    /// The program.
    pub program: Program,
    /// Its account.
    pub key: Pubkey,
    /// Indices of its mints.
    pub mints: [usize; 2],
    /// Its token accounts.
    pub vaults: [Pubkey; 2],
    /// Base units in the vaults that do not belong to the pool.
    pub fees_owed: [u64; 2],
    /// Owner of the vaults.
    pub authority: Pubkey,
    /// CPMM: the fee configuration. v4: the open orders account.
    pub config: Pubkey,
    /// v4: whether its traders use the short form without an order book.
    pub short: bool,
}

/// A pool, and the side of it that a swap pays into.
#[derive(Clone, Copy)]
pub struct PoolSide {
    /// Index of the pool.
    pub pool: usize,
    /// 0 or 1.
    pub side: usize,
}

/// All accounts and pools.
pub struct Market {
    /// Addresses of the mints.
    pub mints: Vec<Pubkey>,
    /// The pools.
    pub pools: Vec<Pool>,
    /// All accounts that hold anything.
    pub accounts: HashMap<Pubkey, Account>,
    /// Owner of the token accounts that the users of a router share.
    pub router: Pubkey,
}

/// One of the authorities of Jupiter's shared accounts.
const ROUTER_AUTHORITY: &str = "6LXutJvKUw8Q5ue2gCgKHQdAN4suWW8awzFVC6XCguFx";

impl Market {
    /// Makes `tokens` tokens with one to three pools each against SOL, and some against the dollar.
    pub fn new(random: &mut Random, tokens: usize) -> Market {
        let mut market = Market {
            mints: vec![WRAPPED_SOL, random.key()],
            pools: Vec::new(),
            accounts: HashMap::new(),
            router: Pubkey::parse(ROUTER_AUTHORITY.as_bytes()).unwrap_or_default(),
        };
        // 150 dollars a SOL.
        let depth = random.between(2_000, 40_000);
        market.add_pool(random, [SOL, DOLLAR], [depth * 1_000_000_000, depth * 150_000_000]);
        for mint in 2..2 + tokens {
            let key = random.key();
            market.mints.push(key);
            let units_per_sol = random.between(1_000, 2_000_000) * 1_000_000;
            for _ in 0..random.between(1, 3) {
                let sol = random.between(20, 2_000) * 1_000_000_000;
                let off = random.between(9_850, 10_150);
                let tokens = u128::from(sol) * u128::from(units_per_sol) / 1_000_000_000 * u128::from(off);
                // A token's pools have SOL on either side.
                let (mut mints, mut amounts) = ([SOL, mint], [sol, (tokens / 10_000) as u64]);
                if random.chance(40) {
                    mints.reverse();
                    amounts.reverse();
                }
                market.add_pool(random, mints, amounts);
            }
            if random.chance(50) {
                let dollars = random.between(5_000, 300_000) * 1_000_000;
                let tokens = u128::from(dollars) * u128::from(units_per_sol) / 150_000_000;
                market.add_pool(random, [mint, DOLLAR], [tokens as u64, dollars]);
            }
        }
        for mint in 0..market.mints.len() {
            // Left there by fees: it belongs to the router, not to a swap.
            let key = market.token_account(&market.router, mint);
            market.open(key, mint, market.router, random.below(1_000_000_000));
        }
        market
    }

    fn add_pool(&mut self, random: &mut Random, mints: [usize; 2], amounts: [u64; 2]) {
        let program = if random.chance(50) { Program::AmmV4 } else { Program::Cpmm };
        let pool = Pool {
            program,
            key: random.key(),
            mints,
            vaults: [random.key(), random.key()],
            fees_owed: [random.below(1_000_000), random.below(1_000_000)],
            authority: random.key(),
            config: random.key(),
            short: random.chance(50),
        };
        for side in [0, 1] {
            let amount = amounts[side] + pool.fees_owed[side];
            self.open(pool.vaults[side], mints[side], pool.authority, amount);
        }
        self.pools.push(pool);
    }

    fn open(&mut self, key: Pubkey, mint: usize, owner: Pubkey, amount: u64) {
        let wrapped = if mint == SOL { amount } else { 0 };
        let token = Some(Holding { mint, owner, amount });
        self.accounts.insert(key, Account { lamports: TOKEN_RENT_LAMPORTS + wrapped, token });
    }

    /// Where `owner` keeps its tokens of a mint.
    pub fn token_account(&self, owner: &Pubkey, mint: usize) -> Pubkey {
        let mint = &self.mints[mint].0;
        Pubkey(std::array::from_fn(|at| owner.0[at] ^ mint[(at + 7) % 32].rotate_left(3)))
    }

    /// Makes a wallet with lamports and some of each mint given.
    pub fn fund(&mut self, wallet: Pubkey, lamports: u64, holdings: &[(usize, u64)]) {
        self.accounts.insert(wallet, Account { lamports, token: None });
        for &(mint, amount) in holdings {
            let key = self.token_account(&wallet, mint);
            self.open(key, mint, wallet, amount);
        }
    }

    /// Removes a wallet and what it holds from the market: it does not trade again.
    pub fn forget(&mut self, wallet: &Pubkey) {
        self.accounts.remove(wallet);
        for mint in 0..self.mints.len() {
            let key = self.token_account(wallet, mint);
            self.accounts.remove(&key);
        }
    }

    /// Lamports of everything the wallets own.
    pub fn lamports_of(&self, wallets: &[Pubkey]) -> i128 {
        let mut sum = 0;
        for wallet in wallets {
            sum += self.accounts.get(wallet).map_or(0, |account| i128::from(account.lamports));
            for mint in 0..self.mints.len() {
                let held = self.accounts.get(&self.token_account(wallet, mint));
                sum += held.map_or(0, |account| i128::from(account.lamports));
            }
        }
        sum
    }

    /// Base units of a mint that the wallets own.
    pub fn tokens_of(&self, wallets: &[Pubkey], mint: usize) -> i128 {
        wallets.iter().map(|wallet| i128::from(self.amount(&self.token_account(wallet, mint)))).sum()
    }

    /// Base units in a token account; 0 when there is none.
    pub fn amount(&self, account: &Pubkey) -> u64 {
        self.accounts.get(account).and_then(|account| account.token).map_or(0, |held| held.amount)
    }

    /// Decimals of a mint.
    pub fn decimals(&self, mint: usize) -> u8 {
        DECIMALS[mint.min(2)]
    }

    /// What prices a pool now.
    pub fn state(&self, pool: usize) -> State {
        let pool = &self.pools[pool];
        State { vaults: pool.vaults.map(|vault| self.amount(&vault)), fees_owed: pool.fees_owed }
    }

    /// What the pool would pay for `amount` of its side `side`.
    pub fn quote(&self, pool: usize, side: usize, amount: u64) -> Option<u64> {
        self.state(pool).swap(self.pools[pool].program, side, amount)
    }

    /// The smallest amount of its side `side` for which the pool pays `out_min`; 0 when it never does.
    pub fn amount_for(&self, pool: usize, side: usize, out_min: u64) -> u64 {
        let pays = |amount: u64| self.quote(pool, side, amount).unwrap_or(0) >= out_min;
        let (mut low, mut high) = (0, self.state(pool).vaults[side]);
        if out_min == 0 || !pays(high) {
            return 0;
        }
        while low + 1 < high {
            let middle = low + (high - low) / 2;
            if pays(middle) { high = middle } else { low = middle }
        }
        high
    }

    /// The accounts as a snapshot has them: pools, configurations, vaults.
    pub fn snapshot(&self) -> Vec<OwnedAccount> {
        let mut accounts = Vec::new();
        for pool in &self.pools {
            match pool.program {
                Program::AmmV4 => accounts.push(self.amm_v4(pool)),
                Program::Cpmm => accounts.extend(self.cpmm(pool)),
            }
            for (side, vault) in pool.vaults.iter().enumerate() {
                let mut data = vec![0; 165];
                data[..32].copy_from_slice(&self.mints[pool.mints[side]].0);
                data[32..64].copy_from_slice(&pool.authority.0);
                data[64..72].copy_from_slice(&self.amount(vault).to_le_bytes());
                accounts.push(OwnedAccount::new(*vault, engine::token::TOKEN, data));
            }
        }
        accounts
    }

    fn amm_v4(&self, pool: &Pool) -> OwnedAccount {
        let mut data = vec![0; 752];
        let mut put = |at: usize, bytes: &[u8]| data[at..at + bytes.len()].copy_from_slice(bytes);
        for (at, number) in [(176, 25), (184, 10_000), (192, pool.fees_owed[0]), (200, pool.fees_owed[1])] {
            put(at, &number.to_le_bytes());
        }
        for side in [0, 1] {
            put(336 + 32 * side, &pool.vaults[side].0);
            put(400 + 32 * side, &self.mints[pool.mints[side]].0);
        }
        put(496, &pool.config.0);
        OwnedAccount::new(pool.key, program_of(Program::AmmV4), data)
    }

    fn cpmm(&self, pool: &Pool) -> [OwnedAccount; 2] {
        let mut data = vec![0; 637];
        let mut put = |at: usize, bytes: &[u8]| data[at..at + bytes.len()].copy_from_slice(bytes);
        put(8, &pool.config.0);
        for side in [0, 1] {
            put(72 + 32 * side, &pool.vaults[side].0);
            put(168 + 32 * side, &self.mints[pool.mints[side]].0);
            put(341 + 8 * side, &pool.fees_owed[side].to_le_bytes());
        }
        let mut config = vec![0; 236];
        for (at, rate) in [(12, CPMM_TRADE), (20, CPMM_PROTOCOL), (28, CPMM_FUND)] {
            config[at..at + 8].copy_from_slice(&rate.to_le_bytes());
        }
        let owner = program_of(Program::Cpmm);
        [OwnedAccount::new(pool.key, owner, data), OwnedAccount::new(pool.config, owner, config)]
    }
}

/// The program's address.
pub fn program_of(program: Program) -> Pubkey {
    let id = match program {
        Program::AmmV4 => "raydium_amm_v4",
        Program::Cpmm => "raydium_cpmm",
    };
    engine::dex::by_id(id).map(|dex| dex.program).unwrap_or_default()
}

const CPMM_TRADE: u64 = 2_500;
const CPMM_PROTOCOL: u64 = 120_000;
const CPMM_FUND: u64 = 40_000;

/// Vaults and debts of one pool at one moment.
#[derive(Clone, Copy)]
pub struct State {
    /// Base units in the vaults.
    pub vaults: [u64; 2],
    /// How many of them do not belong to the pool.
    pub fees_owed: [u64; 2],
}

impl State {
    /// Swaps `amount` of side `side`; returns what is paid, or `None` where the program refuses.
    ///
    /// Source: the programs' sources; CPMM's trade fee is rounded up, its shares down.
    pub fn swap(&mut self, program: Program, side: usize, amount: u64) -> Option<u64> {
        let other = 1 - side;
        let (own_in, own_out) = (
            self.vaults[side].checked_sub(self.fees_owed[side])?,
            self.vaults[other].checked_sub(self.fees_owed[other])?,
        );
        let (fee, kept) = match program {
            Program::AmmV4 if amount < 200 => (0, 0),
            // 0.25 % is one part in 400. A fee below half a unit is 0; from there on it is rounded up.
            Program::AmmV4 if amount < 400 => (1, 0),
            Program::AmmV4 => ((amount - 1) / 400 + 1, 0),
            Program::Cpmm => {
                let fee = if amount == 0 { 0 } else { (amount - 1) / 400 + 1 };
                (fee, fee / 100 * 12 + fee % 100 * 12 / 100 + fee / 100 * 4 + fee % 100 * 4 / 100)
            }
        };
        let paying = u128::from(amount.checked_sub(fee)?);
        let paid = u128::from(own_out) * paying / (u128::from(own_in) + paying).max(1);
        let paid = u64::try_from(paid).ok().filter(|&paid| paid > 0)?;
        self.vaults[side] = self.vaults[side].checked_add(amount)?;
        self.fees_owed[side] += kept;
        self.vaults[other] -= paid;
        Some(paid)
    }
}
