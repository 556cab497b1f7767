//! Open sandwich: a swap that was seen before it is executed, with the worst price it accepts, on a
//! known constant-product pool with SOL on its paying side. It is detected and measured, but
//! nothing is sent. Nothing here allocates.

use crate::constant_product::largest_front;
use crate::dex::{raydium_amm_v4, raydium_cpmm};
use crate::frame::Transaction;
use crate::pools::{Pool, Pools};
use crate::token::WRAPPED_SOL;

/// Steps of the search between nothing and the largest front: each leaves two thirds of the range.
const SEARCH_STEPS: usize = 48;

/// A swap that is requested and not yet executed: exact input, minimum output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SwapRequest {
    /// The pool.
    pub pool: u32,
    /// The side that is paid.
    pub side: usize,
    /// Base units paid.
    pub amount_in: u64,
    /// Fewest base units back.
    pub min_out: u64,
}

/// Front, victim and back as the pool would execute them now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The victim's swap.
    pub request: SwapRequest,
    /// Lamports paid first.
    pub front_in: u64,
    /// What they buy, all of it sold last.
    pub front_out: u64,
    /// What the victim gets between.
    pub victim_out: u64,
    /// What the victim would get alone.
    pub victim_out_alone: u64,
    /// Lamports at the end.
    pub back_out: u64,
}

impl Plan {
    /// Gain before fees and tip, lamports.
    #[must_use]
    pub fn edge_lamports(&self) -> i64 {
        i64::try_from(i128::from(self.back_out) - i128::from(self.front_in)).unwrap_or(0)
    }
}

/// The first swap that an unexecuted transaction requests; `None` when it has none that can be read.
///
/// Layouts: the programs' `swap_base_in` (tags 9 and 16) and `swap_base_input`. v4 does not name the
/// direction. It follows from the minimum if that is a sensible price in one direction only.
#[must_use]
pub fn requested_swap(frame: &[u8], transaction: &Transaction, pools: &Pools) -> Option<SwapRequest> {
    transaction.instructions.iter().find_map(|instruction| {
        let dex = crate::dex::by_program(transaction.key(frame, instruction.program)?)?;
        let (data, accounts) = (instruction.data.of(frame), instruction.accounts.of(frame));
        let key = |at: usize| transaction.key(frame, *accounts.get(at)?).copied().map(crate::pubkey::Pubkey);
        let number = |at: usize| Some(u64::from_le_bytes(data.get(at..at + 8)?.try_into().ok()?));
        match dex.id {
            "raydium_amm_v4"
                if matches!(
                    data.first(),
                    Some(&(raydium_amm_v4::SWAP_BASE_IN | raydium_amm_v4::SWAP_BASE_IN_V2))
                ) =>
            {
                let pool = pools.index_of(&key(raydium_amm_v4::POOL)?)?;
                let (amount_in, min_out) =
                    (number(raydium_amm_v4::AMOUNT_IN)?, number(raydium_amm_v4::MIN_OUT)?);
                let sensible = |side: usize| {
                    let out = { *pools.at(pool) }.swap(side, amount_in);
                    out.is_some_and(|out| min_out > out / 2 && min_out <= out)
                };
                let side = match (sensible(0), sensible(1)) {
                    (true, false) => 0,
                    (false, true) => 1,
                    _ => return None,
                };
                Some(SwapRequest { pool, side, amount_in, min_out })
            }
            "raydium_cpmm" if data.starts_with(&raydium_cpmm::SWAP_BASE_INPUT) => {
                let pool = pools.index_of(&key(raydium_cpmm::POOL)?)?;
                let side = pools.at(pool).vault_side(&key(raydium_cpmm::INPUT_VAULT)?)?;
                Some(SwapRequest {
                    pool,
                    side,
                    amount_in: number(raydium_cpmm::AMOUNT_IN)?,
                    min_out: number(raydium_cpmm::MIN_OUT)?,
                })
            }
            _ => None,
        }
    })
}

/// The best front that leaves the victim its minimum, if any gains.
#[must_use]
pub fn find(pools: &Pools, request: &SwapRequest) -> Option<Plan> {
    let pool = pools.at(request.pool);
    if !pool.exact || pool.mints[request.side] != WRAPPED_SOL || request.amount_in == 0 {
        return None;
    }
    let [x, y] = [request.side, 1 - request.side].map(|side| pool.reserves()[side] as f64);
    let root = largest_front(x, y, pool.gamma(), request.amount_in as f64, request.min_out.max(1) as f64)?;
    // Rounding to integers makes the root a little inexact: the largest front is within a thousandth of it.
    // A front larger than the reserve is not a trade.
    let (mut most, mut refused) = (0, (root * 1.001 + 2.0).min(x) as u64);
    while refused - most > 1 {
        let middle = most + (refused - most) / 2;
        if execute(pool, request, middle).is_some() { most = middle } else { refused = middle }
    }
    let mut best = execute(pool, request, most)?;
    // The gain has one maximum: it rises up to the best size, or up to the root.
    let (mut low, mut high) = (0, most);
    for _ in 0..SEARCH_STEPS {
        let third = (high - low) / 3;
        if third == 0 {
            break;
        }
        let (left, right) = (execute(pool, request, low + third), execute(pool, request, high - third));
        for plan in [left, right].into_iter().flatten() {
            if plan.edge_lamports() > best.edge_lamports() {
                best = plan;
            }
        }
        let gain = |plan: Option<Plan>| plan.map_or(i64::MIN, |plan| plan.edge_lamports());
        if gain(left) < gain(right) { low += third } else { high -= third }
    }
    (best.edge_lamports() > 0).then_some(best)
}

/// Executes front-run, victim and back-run in integer arithmetic; `None` when the pool would refuse a
/// swap, or when the victim would receive less than its minimum.
fn execute(pool: &Pool, request: &SwapRequest, front_in: u64) -> Option<Plan> {
    let victim_out_alone = { *pool }.swap(request.side, request.amount_in)?;
    let mut pool = *pool;
    let front_out = pool.swap(request.side, front_in)?;
    let victim_out = pool.swap(request.side, request.amount_in).filter(|&out| out >= request.min_out)?;
    let back_out = pool.swap(1 - request.side, front_out)?;
    Some(Plan { request: *request, front_in, front_out, victim_out, victim_out_alone, back_out })
}
