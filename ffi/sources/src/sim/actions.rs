//! What happens in a slot.

use engine::pubkey::{Pubkey, Signature};

use super::transaction::Via;

/// One thing that will happen in a slot.
pub enum Action {
    /// A stranger's single trade.
    Trade {
        wallet: Pubkey,
        signature: Signature,
        pool: usize,
        side: usize,
        amount: u64,
        min_out: u64,
        via: Via,
    },
    /// A leg or a side action of a plot.
    Front {
        round_trip: u64,
        amount: u64,
    },
    /// `share_pct` of what is still open; the last one closes `of_open_pct` of what the fronts opened.
    Back {
        round_trip: u64,
        share_pct: u64,
        of_open_pct: u64,
        tip_lamports: u64,
    },
    Link {
        round_trip: u64,
        tokens: bool,
    },
    Tip {
        round_trip: u64,
        lamports: u64,
    },
    FailedTry {
        round_trip: u64,
    },
    /// One transaction over a cycle of pools.
    Arbitrage {
        careful: bool,
    },
    Liquidity {
        wallet: Pubkey,
        pool: usize,
        amounts: [u64; 2],
        withdraw: bool,
    },
    Vote,
}
