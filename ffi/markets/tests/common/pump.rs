//! Accounts of Pump.fun and PumpSwap, written as their programs lay them out.

use markets::program_address::derive;
use markets::{Address, pump_fun, pump_swap};

use super::{Held, address, tokens};

/// The program of the fees of both.
pub const FEE_PROGRAM: &str = "pfeeUxB6jkeY1Hxd7CsFCAjcbHA9rWtchMGdZ6VojVZ";

/// Rates in basis points: of the pool, the protocol and the creator.
pub type Rates = [u64; 3];

/// Schedules of the fee program's account.
#[derive(Clone, Default)]
pub struct Fees {
    pub flat: Rates,
    pub sol: Vec<(u128, Rates)>,
    pub stable: Vec<(u128, Rates)>,
    pub other: Rates,
}

impl Fees {
    /// The same rates whatever the pool is.
    pub fn same(rates: Rates) -> Fees {
        Fees { flat: rates, sol: vec![(0, rates)], stable: vec![(0, rates)], other: rates }
    }

    pub fn account(&self) -> Vec<u8> {
        let mut data = vec![143, 52, 146, 187, 219, 123, 76, 155];
        data.resize(41, 0);
        let rates = |data: &mut Vec<u8>, rates: &Rates| {
            rates.iter().for_each(|rate| data.extend(rate.to_le_bytes()));
        };
        rates(&mut data, &self.flat);
        for tiers in [&self.sol, &self.stable] {
            data.extend(u32::try_from(tiers.len()).expect("a count").to_le_bytes());
            for (from, tier) in tiers {
                data.extend(from.to_le_bytes());
                rates(&mut data, tier);
            }
        }
        rates(&mut data, &self.other);
        data.resize(4097, 0);
        data
    }
}

/// A curve of Pump.fun.
pub struct Curve {
    pub mint: Address,
    /// Zeros for SOL.
    pub quote: Address,
    pub priced: [u64; 2],
    pub real: [u64; 2],
    pub is_complete: bool,
    pub is_mayhem: bool,
    pub has_creator: bool,
    /// The creator's own rate, and whether the program allows it.
    pub own: (u64, bool),
    /// Of the coin's mint.
    pub supply: u64,
    pub fees: Fees,
}

impl Curve {
    /// A new curve in SOL with the rates of mainnet.
    pub fn new() -> Curve {
        Curve {
            mint: [9; 32],
            quote: [0; 32],
            priced: [1_073_000_000_000_000, 30_000_000_000],
            real: [793_100_000_000_000, 0],
            is_complete: false,
            is_mayhem: false,
            has_creator: true,
            own: (0, false),
            supply: 1_000_000_000_000_000,
            fees: Fees::same([0, 95, 30]),
        }
    }

    pub fn address(&self) -> Address {
        derive(&pump_fun::PROGRAM, &[b"bonding-curve", &self.mint]).expect("an address")
    }

    fn account(&self) -> Vec<u8> {
        let mut data = vec![23, 183, 248, 55, 96, 216, 172, 96];
        for number in self.priced.into_iter().chain(self.real).chain([self.supply]) {
            data.extend(number.to_le_bytes());
        }
        data.push(u8::from(self.is_complete));
        data.extend([if self.has_creator { 3 } else { 0 }; 32]);
        data.extend([u8::from(self.is_mayhem), 0]);
        data.extend(self.quote);
        data.extend(self.own.0.to_le_bytes());
        data.resize(166, 0);
        data
    }

    /// Everything that a quote of the curve needs.
    pub fn held(&self) -> Held {
        let mut held = Held::default();
        let curve = self.address();
        held.put(curve, pump_fun::PROGRAM, self.account());
        held.put([11; 32], tokens::TOKEN_2022, tokens::account(&self.mint, &curve, self.real[0]));
        held.put(self.mint, tokens::TOKEN_2022, tokens::mint(self.supply, 6));
        if self.quote != [0; 32] {
            held.put(self.quote, tokens::TOKEN, tokens::mint(1 << 50, 6));
        }
        held.put(pump_fun::FEES, address(FEE_PROGRAM), self.fees.account());
        let mut global = vec![167, 232, 232, 177, 200, 108, 114, 127];
        global.resize(1088, 0);
        global[1045] = u8::from(self.own.1);
        held.put(pump_fun::GLOBAL, pump_fun::PROGRAM, global);
        held
    }
}

/// A pool of PumpSwap.
pub struct Pool {
    pub mints: [Address; 2],
    pub vaults: [u64; 2],
    pub virtual_quote: i128,
    /// Protocol's and creator's fees that are still in the quote vault.
    pub owed: [u64; 2],
    /// Made by Pump.fun of a complete curve.
    pub is_coin: bool,
    pub is_mayhem: bool,
    pub has_creator: bool,
    pub own: (u64, bool),
    pub supply: u64,
    pub disabled: u8,
    pub fees: Fees,
}

/// Where the tests place a pool of PumpSwap.
pub const POOL: Address = [21; 32];

impl Pool {
    /// A coin's pool in SOL.
    pub fn new() -> Pool {
        Pool {
            mints: [[9; 32], address("So11111111111111111111111111111111111111112")],
            vaults: [206_900_000_000_000, 84_990_000_000],
            virtual_quote: 0,
            owed: [0; 2],
            is_coin: true,
            is_mayhem: false,
            has_creator: true,
            own: (0, false),
            supply: 1_000_000_000_000_000,
            disabled: 0,
            fees: Fees::same([20, 5, 95]),
        }
    }

    fn account(&self) -> Vec<u8> {
        let authority = derive(&pump_fun::PROGRAM, &[b"pool-authority", &self.mints[0]]).expect("an address");
        let mut data = vec![241, 154, 109, 4, 17, 177, 109, 188, 255, 0, 0];
        data.extend(if self.is_coin { authority } else { [5; 32] });
        for address in [self.mints[0], self.mints[1], [22; 32], [23; 32], [24; 32]] {
            data.extend(address);
        }
        data.extend(1_u64.to_le_bytes());
        data.extend([if self.has_creator { 3 } else { 0 }; 32]);
        data.extend([u8::from(self.is_mayhem), 0]);
        data.extend(self.virtual_quote.to_le_bytes());
        data.extend(self.own.0.to_le_bytes());
        data.extend([0, 0]);
        self.owed.iter().for_each(|fee| data.extend(fee.to_le_bytes()));
        data.resize(301, 0);
        data
    }

    /// Everything that a quote of the pool needs.
    pub fn held(&self) -> Held {
        let mut held = Held::default();
        held.put(POOL, pump_swap::PROGRAM, self.account());
        held.put(self.mints[0], tokens::TOKEN_2022, tokens::mint(self.supply, 6));
        for (side, vault) in [(0, [23; 32]), (1, [24; 32])] {
            let program = [tokens::TOKEN_2022, tokens::TOKEN][side];
            held.put(vault, program, tokens::account(&self.mints[side], &POOL, self.vaults[side]));
        }
        held.put(pump_swap::FEES, address(FEE_PROGRAM), self.fees.account());
        let mut config = vec![149, 8, 156, 202, 160, 252, 176, 217];
        config.resize(949, 0);
        (config[56], config[940]) = (self.disabled, u8::from(self.own.1));
        held.put(pump_swap::CONFIG, pump_swap::PROGRAM, config);
        held
    }
}
