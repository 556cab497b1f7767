//! One simulated transaction: executed on the market, then written as the frame a node would send.

mod builder;
mod frame;
mod order;

use super::market::Market;
use super::random::Random;

use self::builder::Builder;
pub use self::order::{Executed, Op, Order, Via};

/// Network fee of a signature.
const BASE_FEE_LAMPORTS: u64 = 5_000;

/// Executes `order` and appends its frame to `out`.
pub fn execute(market: &mut Market, random: &mut Random, order: &Order<'_>, out: &mut Vec<u8>) -> Executed {
    let fee = BASE_FEE_LAMPORTS + order.priority_lamports;
    let mut builder = Builder::new(market, order.signer);
    builder.pay_fee(fee);
    for op in order.ops {
        builder.failed |= builder.run(random, op).is_none();
    }
    if builder.failed {
        builder.roll_back(fee);
    }
    builder.write(order, Some(fee), out);
    Executed { signature: order.signature, failed: builder.failed, swaps: builder.swaps }
}

/// Writes `order` as it looks before it is executed: no balances, no inner instructions, no place.
pub fn announce(market: &mut Market, random: &mut Random, order: &Order<'_>, out: &mut Vec<u8>) {
    let mut builder = Builder::new(market, order.signer);
    for op in order.ops {
        builder.failed |= builder.run(random, op).is_none();
    }
    builder.roll_back(0);
    builder.write(order, None, out);
}
