//! Meteora DLMM pools that are made up, and mainnet's snapshot.

use markets::{Address, Side, meteora_dlmm};

use super::{Held, Random, address, held, shared};

pub const POOL: Address = [1; 32];
pub const VAULTS: [Address; 2] = [[2; 32], [3; 32]];
const MINTS: [Address; 2] = [[4; 32], [5; 32]];
pub const BINS: i32 = 70;
const TOKEN: &str = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
const TOKEN_2022: &str = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";

/// A pool that is made up, around bin `active`.
pub struct Made {
    pub held: Held,
    active: i32,
    /// What all bins have.
    pub sums: [u64; 2],
}

impl Made {
    pub fn new(step: u16, active: i32) -> Made {
        let mut held = Held::default();
        let mut pool = vec![0; 904];
        pool[..8].copy_from_slice(&[33, 11, 49, 98, 181, 101, 177, 13]);
        held.put(POOL, meteora_dlmm::PROGRAM, pool);
        held.write(&POOL, 76, &active.to_le_bytes());
        held.write(&POOL, 80, &step.to_le_bytes());
        for side in [0, 1] {
            held.write(&POOL, 88 + 32 * side, &MINTS[side]);
            held.write(&POOL, 152 + 32 * side, &VAULTS[side]);
        }
        Made { held, active, sums: [0; 2] }
    }

    /// The address of an array in a made pool.
    pub fn array(number: i32) -> Address {
        let mut address = [9; 32];
        address[..4].copy_from_slice(&number.to_le_bytes());
        address
    }

    /// Adds an array; the extension names those far from the middle.
    pub fn add_array(&mut self, number: i32, version: u8) {
        let mut data = vec![0; 10_136];
        data[..8].copy_from_slice(&[92, 142, 92, 220, 5, 148, 70, 181]);
        data[8..16].copy_from_slice(&i64::from(number).to_le_bytes());
        data[16] = version;
        data[24..56].copy_from_slice(&POOL);
        self.held.put(Made::array(number), meteora_dlmm::PROGRAM, data);
        let extension = [8; 32];
        if !self.held.0.contains_key(&extension) {
            let mut data = vec![0; 1_576];
            data[..8].copy_from_slice(&[80, 111, 124, 113, 55, 237, 18, 5]);
            data[8..40].copy_from_slice(&POOL);
            self.held.put(extension, meteora_dlmm::PROGRAM, data);
        }
        let (account, base, bit) = match number {
            -512..512 => (POOL, 584, number + 512),
            512.. => (extension, 40, number - 512),
            _ => (extension, 808, -(number + 1) - 512),
        };
        let bit = usize::try_from(bit).expect("a bit");
        self.held.data(&account)[base + bit / 8] |= 1 << (bit % 8);
    }

    /// Writes a number of a bin, in an array that was added.
    pub fn write_bin(&mut self, id: i32, offset: usize, bytes: &[u8]) {
        let place = usize::try_from(id.rem_euclid(BINS)).expect("a place");
        self.held.write(&Made::array(id.div_euclid(BINS)), 56 + 144 * place + offset, bytes);
    }

    /// Liquidity that pays `side`.
    pub fn put(&mut self, id: i32, side: Side, offset: usize, amount: u64) {
        self.sums[side.index()] += amount;
        self.write_bin(id, offset, &amount.to_le_bytes());
    }

    /// Bins at random: y below the active one, x above, both in it; limit orders among them.
    pub fn fill(&mut self, random: &mut Random, share: u64) {
        let arrays = self.active.div_euclid(BINS) - 1..=self.active.div_euclid(BINS) + 1;
        for number in arrays {
            let version = random.of(&[1, 2, 2]);
            self.add_array(number, version);
            for id in number * BINS..(number + 1) * BINS {
                if random.below(share) != 0 && id != self.active {
                    continue;
                }
                let side = if id > self.active || id == self.active && random.below(2) == 0 {
                    Side::A
                } else {
                    Side::B
                };
                // With a fee on the output a bin of one unit pays nothing: see the walk.
                let amount = 2 + random.up_to(1 << 44);
                self.put(id, side, 8 * side.index(), amount);
                if version == 2 && random.below(4) == 0 {
                    self.write_bin(id, 140, &[u8::from(side == Side::A)]);
                    self.put(id, side, random.of(&[112, 128]), 2 + random.up_to(1 << 40));
                }
            }
        }
    }

    /// The vaults, with what the bins have; for basis points and a maximum a mint of Token-2022.
    pub fn close(&mut self, fees: [Option<(u16, u64)>; 2]) {
        for side in [0, 1] {
            let owner = address(if fees[side].is_some() { TOKEN_2022 } else { TOKEN });
            let mut vault = vec![0; 165];
            vault[..32].copy_from_slice(&MINTS[side]);
            vault[64..72].copy_from_slice(&self.sums[side].to_le_bytes());
            self.held.put(VAULTS[side], owner, vault);
            let Some((basis_points, maximum)) = fees[side] else { continue };
            let mut mint = vec![0; 166 + 4 + 108];
            mint[165] = 1;
            mint[166..170].copy_from_slice(&[1, 0, 108, 0]);
            for fee in [170 + 72, 170 + 90] {
                mint[fee + 8..fee + 16].copy_from_slice(&maximum.to_le_bytes());
                mint[fee + 16..fee + 18].copy_from_slice(&basis_points.to_le_bytes());
            }
            self.held.put(MINTS[side], owner, mint);
        }
    }
}

/// Mainnet's pool `F1mbBZYKXGFx5nraY3cK4RgNR5EuShntQ8xDKDD5HY1z` (x has a transfer fee) at slot 458965734.
pub fn snapshot() -> Option<(Held, Address)> {
    let folder = shared("accounts")?;
    let held = held(&folder.join("bridge_defaults_20261020.json"));
    Some((held, address("F1mbBZYKXGFx5nraY3cK4RgNR5EuShntQ8xDKDD5HY1z")))
}

pub const SNAPSHOT_SLOT: u64 = 458_965_734;
