/** Decode: our frames and our JSON against solana-dex-parser on the same blocks. */
import { exec, must } from "../tools/command.ts";
import { CACHE, EXECUTABLE, ROOT, SHARED } from "../tools/paths.ts";
import type { BenchRow } from "./bench.ts";

const PEER = "solana-dex-parser@2.6.7";

export async function decodeBench(): Promise<BenchRow[]> {
  await must(
    "cargo",
    ["build", "--release", "--locked", "-q", "-p", "sources", "--example", "decode_bench"],
    {
      cwd: `${ROOT}/ffi`,
    },
  );
  const peers = `${CACHE}/peers`;
  await Deno.mkdir(peers, { recursive: true });
  const there = await Deno.stat(`${peers}/node_modules/solana-dex-parser`).then(() => true, () => false);
  if (!there) await must("npm", ["install", "--silent", "--prefix", peers, PEER], { capture: true });
  const [folder, journals] = [await Deno.makeTempDir(), await Deno.makeTempDir()];
  try {
    const files: string[] = [];
    for (const { name } of Deno.readDirSync(`${SHARED}/executed/blocks`)) {
      const plain = `${folder}/${name.replace(".zst", "")}`;
      await must("zstd", ["-dqf", `${SHARED}/executed/blocks/${name}`, "-o", plain]);
      files.push(plain);
    }

    const journal = `${journals}/blocks.journal`;
    await must(EXECUTABLE, ["capture", "--source", `file:${folder}`, "--out", journal], { capture: true });
    const ours = JSON.parse(
      await must(`${ROOT}/ffi/target/release/examples/decode_bench`, [journal, folder], { capture: true }),
    );
    const { stdout } = await exec("node", [`${ROOT}/bench/peers/dex_parser.mjs`, peers, ...files], {
      capture: true,
    });
    const peer = JSON.parse(stdout.trim().split("\n").at(-1)!);
    const row = (name: string, value: number, peerNs: number, limit: number): BenchRow => ({
      name,
      value: value / 1000,
      unit: "us/transaction",
      peer: "solana-dex-parser",
      peer_value: peerNs / 1000,
      ratio: peerNs / value,
      figure: { better: "higher", limit },
    });
    const frame = ours.frame_bytes;
    return [
      row(`decode_from_journal (${frame} B)`, ours.decode_ns, peer.ns, 100),
      row("decode_from_getblock_json", ours.json_ns, peer.text_ns, 10),
      {
        name: "decode_per_4.8_kb_frame",
        value: ours.decode_ns * 4800 / frame / 1000,
        unit: "us",
        ratio: ours.decode_ns * 4800 / frame / 1000,
        figure: { better: "lower", limit: 1.5 },
      },
      { name: "decode_p50", value: ours.decode_p50_ns / 1000, unit: "us", ratio: 1 },
      { name: "decode_p99", value: ours.decode_p99_ns / 1000, unit: "us", ratio: 1 },
      {
        name: "hot_path_p50 (simulated chain, all pools known)",
        value: ours.hot_p50_ns / 1000,
        unit: "us",
        ratio: 1,
      },
      {
        name: "hot_path_p99 (simulated chain, all pools known)",
        value: ours.hot_p99_ns / 1000,
        unit: "us",
        ratio: 1,
      },
      { name: "engine_per_transaction", value: ours.engine_ns / 1000, unit: "us", ratio: 1 },
    ];
  } finally {
    for (const place of [folder, journals]) await Deno.remove(place, { recursive: true });
  }
}
