/** DEX ids of SPEC 3. */
export const DEX_IDS = [
  "raydium_amm_v4",
  "raydium_cpmm",
  "raydium_clmm",
  "raydium_launchlab",
  "pump_fun",
  "pump_swap",
  "orca_whirlpool",
  "meteora_dlmm",
  "meteora_damm_v1",
  "meteora_damm_v2",
  "meteora_dbc",
  "lifinity_v2",
  "phoenix",
  "openbook_v2",
  "solfi",
  "zerofi",
] as const;
