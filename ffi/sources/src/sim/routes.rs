//! The ways on which an arbitrage can go.

use super::market::{Market, PoolSide, SOL};

/// All cycles of two and three pools from SOL to SOL.
pub fn routes(market: &Market) -> Vec<Vec<PoolSide>> {
    // The steps that pay `mint`, each with the mint that it gives.
    let from = |mint: usize| {
        let pools = market.pools.iter().enumerate();
        pools.flat_map(move |(at, pool)| {
            (0..2)
                .filter(move |&side| pool.mints[side] == mint)
                .map(move |side| (PoolSide { pool: at, side }, pool.mints[1 - side]))
        })
    };
    let mut routes = Vec::new();
    for (first, mint) in from(SOL) {
        for (second, next) in from(mint).filter(|(step, _)| step.pool != first.pool) {
            if next == SOL {
                routes.push(vec![first, second]);
                continue;
            }
            for (third, end) in from(next) {
                if end == SOL && third.pool != first.pool && third.pool != second.pool {
                    routes.push(vec![first, second, third]);
                }
            }
        }
    }
    routes
}
