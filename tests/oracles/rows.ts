/** The DEXes' own SDKs: oracles that a test installs into the cache, never dependencies. One row per script. */

export interface Oracle {
  /** The DEX; its script is `ID.ts` in this folder. */
  readonly id: string;
  /** Packages that its script uses, at exact versions. */
  readonly packages: Readonly<Record<string, string>>;
  /** Questions that the script asks at least. */
  readonly questions: number;
  /** Whether it asks of snapshots alone: data beside the checkout. */
  readonly isOfSnapshots?: boolean;
}

/** Numbers and addresses, as all of these SDKs take them. */
const COMMON = { "bn.js": "5.2.1", "@solana/web3.js": "1.98.4" };

const RAYDIUM = { ...COMMON, "@raydium-io/raydium-sdk-v2": "0.2.73-alpha" };

export const ORACLES: readonly Oracle[] = [
  {
    id: "meteora_dlmm",
    packages: {
      ...COMMON,
      "@coral-xyz/anchor": "0.31.0",
      "@meteora-ag/dlmm": "1.9.14",
      "@solana/spl-token": "0.4.14",
    },
    questions: 3_000,
  },
  { id: "pump_fun", packages: { ...COMMON, "@pump-fun/pump-sdk": "2.0.0" }, questions: 3_000 },
  { id: "pump_swap", packages: { ...COMMON, "@pump-fun/pump-swap-sdk": "1.20.0" }, questions: 3_000 },
  // GPL-3.0: run, never read into code.
  { id: "raydium_amm_v4", packages: RAYDIUM, questions: 2_000, isOfSnapshots: true },
  { id: "raydium_clmm", packages: RAYDIUM, questions: 4_000, isOfSnapshots: true },
  {
    id: "raydium_launchlab",
    packages: { ...RAYDIUM, "@solana/spl-token": "0.4.14" },
    questions: 4_000,
  },
];
