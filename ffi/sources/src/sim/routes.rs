//! The ways on which an arbitrage can go.

use super::market::{Market, SOL};

/// All cycles of two and three pools from SOL to SOL, as (pool, side paid).
pub fn routes(market: &Market) -> Vec<Vec<(usize, usize)>> {
    let from = |mint: usize| {
        let pools = market.pools.iter().enumerate();
        pools.flat_map(move |(at, pool)| {
            (0..2)
                .filter(move |&side| pool.mints[side] == mint)
                .map(move |side| (at, side, pool.mints[1 - side]))
        })
    };
    let mut routes = Vec::new();
    for (first, side, mint) in from(SOL) {
        for (second, second_side, next) in from(mint).filter(|(pool, ..)| *pool != first) {
            if next == SOL {
                routes.push(vec![(first, side), (second, second_side)]);
                continue;
            }
            for (third, third_side, end) in from(next) {
                if end == SOL && third != first && third != second {
                    routes.push(vec![(first, side), (second, second_side), (third, third_side)]);
                }
            }
        }
    }
    routes
}
