//! All markets behind one type: one row per DEX.

use crate::{Accounts, Address, Market, Now, Quote, Refusal, Side};

/// Makes the enum of markets and its calls from one row per DEX: variant, module, type.
macro_rules! markets {
    ($($name:ident, $module:ident, $id:literal;)*) => {
        /// A market of any DEX, with what swaps change.
        #[derive(Clone, Debug, PartialEq)]
        pub enum AnyMarket {
            $(
                #[doc = concat!("`", $id, "`.")]
                $name(crate::$module::$name, <crate::$module::$name as Market>::Head),
            )*
        }

        /// Ids of the DEXes that are quoted.
        pub const IDS: &[&str] = &[$($id),*];

        impl AnyMarket {
            /// Reads the pool at `address`; its owner says which DEX it is. `None`: a program without a market.
            pub fn load(address: &Address, accounts: &dyn Accounts) -> Option<Result<AnyMarket, Refusal>> {
                let Some(pool) = accounts.get(address) else { return Some(Err(Refusal::NotHeld(*address))) };
                $(
                    if pool.owner == crate::$module::PROGRAM {
                        return Some(
                            <crate::$module::$name as Market>::load(address, accounts)
                                .map(|(market, head)| AnyMarket::$name(market, head)),
                        );
                    }
                )*
                None
            }

            /// The DEX.
            #[must_use]
            pub fn id(&self) -> &'static str {
                match self { $(AnyMarket::$name(..) => $id,)* }
            }

            /// The mints of side A and side B.
            #[must_use]
            pub fn mints(&self) -> [Address; 2] {
                match self { $(AnyMarket::$name(market, _) => market.mints(),)* }
            }

            /// Like [`Market::quote_in`].
            ///
            /// # Errors
            /// The same as [`Market::quote_in`].
            pub fn quote_in(&self, side: Side, amount: u64, now: &Now) -> Result<Quote, Refusal> {
                match self { $(AnyMarket::$name(market, head) => market.quote_in(head, side, amount, now),)* }
            }

            /// Like [`Market::quote_out`].
            ///
            /// # Errors
            /// The same as [`Market::quote_out`].
            pub fn quote_out(&self, side: Side, amount: u64, now: &Now) -> Result<Quote, Refusal> {
                match self { $(AnyMarket::$name(market, head) => market.quote_out(head, side, amount, now),)* }
            }

            /// Like [`Market::marginal`].
            #[must_use]
            pub fn marginal(&self, side: Side, now: &Now) -> f64 {
                match self { $(AnyMarket::$name(market, head) => market.marginal(head, side, now),)* }
            }

            /// Like [`Market::swap`].
            ///
            /// # Errors
            /// The same as [`Market::swap`].
            pub fn swap(&mut self, side: Side, amount: u64, now: &Now) -> Result<Quote, Refusal> {
                match self { $(AnyMarket::$name(market, head) => market.swap(head, side, amount, now),)* }
            }
        }
    };
}

markets! {
    MeteoraDammV1, meteora_damm_v1, "meteora_damm_v1";
    MeteoraDammV2, meteora_damm_v2, "meteora_damm_v2";
    MeteoraDbc, meteora_dbc, "meteora_dbc";
    MeteoraDlmm, meteora_dlmm, "meteora_dlmm";
    PumpFun, pump_fun, "pump_fun";
    PumpSwap, pump_swap, "pump_swap";
    OrcaWhirlpool, orca_whirlpool, "orca_whirlpool";
    RaydiumAmmV4, raydium_amm_v4, "raydium_amm_v4";
    RaydiumClmm, raydium_clmm, "raydium_clmm";
    RaydiumCpmm, raydium_cpmm, "raydium_cpmm";
    RaydiumLaunchlab, raydium_launchlab, "raydium_launchlab";
}

impl AnyMarket {
    /// The side of a mint; `None` when the pool does not hold it.
    #[must_use]
    pub fn side_of(&self, mint: &Address) -> Option<Side> {
        Side::BOTH.into_iter().find(|side| self.mints()[side.index()] == *mint)
    }
}
