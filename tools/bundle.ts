/** How the TypeScript of the executable is bundled. */
import { type BuildOptions } from "esbuild";
import { ROOT } from "./paths.ts";

/** Bundles into a folder: `main.js`, `worker.js` for jobs, and `records.js` for writing legend.db. */
export const appBundle = (folder: string): BuildOptions => ({
  // A Web Worker is a program of its own.
  entryPoints: {
    main: `${ROOT}/main.ts`,
    worker: `${ROOT}/workers/main.ts`,
    records: `${ROOT}/core/records/thread.ts`,
  },
  outdir: folder,
  bundle: true,
  // Each verb is loaded when it runs.
  splitting: true,
  format: "esm",
  platform: "neutral",
  mainFields: ["module", "main"],
  conditions: ["deno", "import", "default"],
  external: ["node:*"],
  target: "esnext",
  jsx: "automatic",
  jsxImportSource: "preact",
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "eof",
  logLevel: "warning",
  absWorkingDir: ROOT,
});
