/** The page's files: islands and worker bundled, styles joined. */
import { build, stop } from "esbuild";
import { CACHE, ROOT } from "./paths.ts";

export const ASSETS = `${CACHE}/assets`;

export async function buildAssets(out = ASSETS): Promise<void> {
  await Deno.mkdir(out, { recursive: true });
  await build({
    entryPoints: { main: `${ROOT}/islands/main.tsx`, stream_worker: `${ROOT}/islands/stream_worker.ts` },
    outdir: out,
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2023",
    jsx: "automatic",
    jsxImportSource: "preact",
    minify: true,
    legalComments: "none",
    logLevel: "warning",
    absWorkingDir: ROOT,
  });
  await stop();
  const styles = [
    `${ROOT}/static/tokens.css`,
    `${ROOT}/static/ui.css`,
    `${ROOT}/node_modules/uplot/dist/uPlot.min.css`,
    `${ROOT}/static/page.css`,
  ];
  const texts = await Promise.all(styles.map((path) => Deno.readTextFile(path)));
  await Deno.writeTextFile(`${out}/page.css`, texts.join("\n"));
  await Deno.copyFile(`${ROOT}/static/icon.svg`, `${out}/icon.svg`);
}

if (import.meta.main) await buildAssets();
