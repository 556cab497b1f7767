/**
 * DEXes by the names that legs have. A program without one is `unknown:<program id>`. Written by `deno task gen` from
 * Rust's table (ffi/engine/src/dex/mod.rs).
 */
export const DEX_IDS = [
  "alphaq",
  "aquifer",
  "bisonfi",
  "fluxbeam",
  "goonfi",
  "goonfi_v2",
  "humidifi",
  "invariant",
  "lifinity_v2",
  "meteora_damm_v1",
  "meteora_damm_v2",
  "meteora_dbc",
  "meteora_dlmm",
  "obric_v2",
  "openbook_v2",
  "orca_whirlpool",
  "phoenix",
  "pump_fun",
  "pump_swap",
  "raydium_amm_v4",
  "raydium_clmm",
  "raydium_cpmm",
  "raydium_launchlab",
  "solfi",
  "solfi_v2",
  "tessera",
  "zerofi",
] as const;
