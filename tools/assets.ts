/** The page's files: islands and worker bundled, styles joined. */
import { build, type BuildOptions, stop } from "esbuild";
import { constants, gzipSync, zstdCompressSync } from "node:zlib";
import { CACHE, ROOT } from "./paths.ts";

/** The highest level that every decoder reads with its usual memory. */
const ZSTD_LEVEL = 19;

/** The parts of the one style sheet, in order: of two equal rules the later one applies. */
const STYLES = [
  "static/tokens.css",
  "static/ui/base.css",
  "static/ui/layout.css",
  "static/ui/state.css",
  "static/ui/panel.css",
  "static/ui/forms.css",
  "static/ui/table.css",
  "static/ui/charts.css",
  "static/ui/drawer.css",
  "static/ui/log.css",
  "static/ui/dialog.css",
  "static/ui/empty.css",
  "static/ui/login.css",
  "static/ui/narrow.css",
  "static/ui/media.css",
  "static/ui/details.css",
  "node_modules/uplot/dist/uPlot.min.css",
  "static/page.css",
];

/** For readers of the parts; not sent to browsers. */
const COMMENT = /\/\*[^]*?\*\/\s*/g;

export const ASSETS = `${CACHE}/assets`;

/** The islands and the stream's worker, in a folder. */
export const pageBundle = (out: string): BuildOptions => ({
  entryPoints: {
    main: `${ROOT}/islands/main.tsx`,
    plot: `${ROOT}/islands/plot.ts`,
    stream_worker: `${ROOT}/islands/stream_worker.ts`,
  },
  outdir: out,
  bundle: true,
  format: "esm",
  platform: "browser",
  target: "es2023",
  jsx: "automatic",
  jsxImportSource: "preact",
  minify: true,
  legalComments: "eof",
  logLevel: "warning",
  absWorkingDir: ROOT,
});

export async function buildAssets(out = ASSETS): Promise<void> {
  await Deno.mkdir(out, { recursive: true });
  await build(pageBundle(out));
  await stop();
  const texts = await Promise.all(STYLES.map((path) => Deno.readTextFile(`${ROOT}/${path}`)));
  await Deno.writeTextFile(`${out}/page.css`, texts.join("").replace(COMMENT, ""));
  await Deno.copyFile(`${ROOT}/static/icon.svg`, `${out}/icon.svg`);
  await packAll(out);
}

/** Compresses here, once and as small as possible, what browsers can read compressed. */
async function packAll(out: string): Promise<void> {
  for await (const { name } of Deno.readDir(out)) {
    if (/\.(gz|zst)$/.test(name)) continue;
    const bytes = await Deno.readFile(`${out}/${name}`);
    await Deno.writeFile(`${out}/${name}.gz`, gzipSync(bytes, { level: 9 }));
    const params = { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL };
    await Deno.writeFile(`${out}/${name}.zst`, zstdCompressSync(bytes, { params }));
  }
}

if (import.meta.main) await buildAssets();
