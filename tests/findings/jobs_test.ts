/** Import of models, times of jobs, decompression bombs and licences, on the executable. */
import assert from "node:assert/strict";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { Part } from "../kafka/cluster.ts";
import { command, legend, lines, withFolder } from "../e2e/executable.ts";
import { delay } from "../../core/platform/delay.ts";

/** Runs with a data folder that a worker has created; the worker has ended. */
function withData(run: (data: string) => Promise<void>): Promise<void> {
  return withFolder(async (folder) => {
    const data = `${folder}/data`;
    const worker = new Part(["run", "worker", "--data-dir", data], { TZ: "America/New_York" }).start();
    const end = performance.now() + 60_000;
    while (!await Deno.stat(`${data}/worker.lock`).then(() => true, () => false)) {
      assert.ok(performance.now() < end, "the worker has its folder");
      await delay(50);
    }
    await worker.end();
    await run(data);
  });
}

Deno.test("operator 13: a range is the same moments in every time zone, and is on the log in milliseconds", () =>
  withData(async (data) => {
    const midnight = 1_794_873_600_000; // 2026-11-17T00:00:00Z
    for (const [at, TZ] of ["Asia/Tokyo", "America/New_York"].entries()) {
      for (
        const [n, start] of ["2026-11-17", "2026-11-17T09:00+09:00"]
          .entries()
      ) {
        const args = ["scrape", `${at}-${n}.parquet`, "--start", start, "--end", "2026-11-18", "--detach"];
        const submitted = await legend([...args, "--data-dir", data], { env: { TZ } });
        assert.equal(submitted.code, 0, submitted.stderr);
        const shown = await legend(["job", "show", submitted.stdout.trim(), "--data-dir", data], {
          env: { TZ: "Australia/Eucla" },
        });
        const { args: kept } = JSON.parse(shown.stdout);
        assert.deepEqual(
          [kept.start_ms, kept.end_ms],
          [midnight, midnight + 86_400_000],
          `${start} in ${TZ}`,
        );
        assert.ok(!("start" in kept) && !("end" in kept), "nothing is left to be read again");
      }
    }
    for (const bad of ["Nov 17", "2026-11-17T06:30"]) {
      const args = ["train", "mev", "--start", bad, "--end", "2026-11-18", "--detach", "--data-dir", data];
      const { code, stderr, stdout } = await legend(args, { env: { TZ: "Asia/Tokyo" } });
      assert.equal(code, 2, bad);
      assert.equal(stdout, "");
      assert.ok(stderr.startsWith(`Cannot train: range.start: ${bad} is not a time`), stderr);
      assert.match(stderr, /need a date \(2026-11-17, which is 00:00 UTC\)/);
      assert.equal(stderr.trim().split("\n").length, 1);
    }
  }));

Deno.test("jobs that are given, cancelled and tried again on the command line are in the audit, and what is refused is not", () =>
  withData(async (data) => {
    const own = (...words: string[]) => legend([...words, "--data-dir", data]);
    const range = ["--start", "2026-11-17", "--end", "2026-11-18"];
    const submit = async (...words: string[]) => {
      const { code, stdout, stderr } = await own(...words, ...range, "--detach");
      assert.equal(code, 0, stderr);
      return stdout.trim();
    };
    const scrape = await submit("scrape", "a.parquet");
    await submit("train", "mev");
    assert.equal((await own("job", "cancel", scrape)).code, 0);
    assert.equal((await own("job", "cancel", scrape)).code, 1, "it is cancelled already");
    assert.equal((await own("job", "retry", scrape)).code, 0);
    assert.equal((await own("job", "retry", scrape)).code, 1, "it is queued already");
    const { stdout } = await own("audit", "show", "--json");
    const entries = lines<{ who: string; action: string; detail: string }>(stdout)
      .filter(({ action }) => /^(scrape|train|job )/.test(action))
      .map(({ who, action, detail }) => `${who.startsWith("local:")} ${action} ${detail}`);
    assert.deepEqual(entries.sort(), [
      `true job cancel ${scrape}`,
      `true job retry ${scrape}`,
      "true scrape a.parquet",
      "true train mev xgb, promote never",
    ]);
    const verified = await own("audit", "verify");
    assert.equal(verified.code, 0, verified.stderr);
  }));

Deno.test("operator 16: what is not a model is neither signed nor registered, with the reason", () =>
  withData(async (data) => {
    const text = `${data}/text.so`;
    await Deno.writeTextFile(text, "this is a text");
    for (const file of ["/bin/ls", text, "/etc/hostname", "/dev/null"]) {
      const { code, stdout, stderr } = await legend([
        "model",
        "import",
        "arbitrage",
        file,
        "--data-dir",
        data,
      ]);
      assert.equal(code, 1, file);
      assert.equal(stdout, "");
      assert.match(stderr, /^Cannot (register|read) \S+: .+\n$/, file);
    }
    const listed = await legend(["model", "list", "--json", "--data-dir", data]);
    assert.deepEqual(lines<{ models: unknown[] }>(listed.stdout).map(({ models }) => models.length), [0, 0]);
    const left = await Array.fromAsync(Deno.readDir(`${data}/models`)).catch(() => []);
    assert.deepEqual(left.filter(({ name }) => name.endsWith(".so")), []);
  }));

/** Runs the command and samples its peak memory in MiB. */
async function measured(
  args: string[],
): Promise<{ code: number; stderr: string; peakMib: number; ms: number }> {
  const begin = performance.now();
  const child = command(args).spawn();
  let peak = 0;
  const sample = async () => {
    try {
      const status = await Deno.readTextFile(`/proc/${child.pid}/status`);
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
    } catch {
      // The process has ended.
    }
  };
  const timer = setInterval(sample, 10);
  const [{ code }, stderr] = await Promise.all([
    child.status,
    new Response(child.stderr).text(),
    new Response(child.stdout).text(),
  ]);
  clearInterval(timer);
  return { code, stderr, peakMib: peak / 1024, ms: performance.now() - begin };
}

/** `count` GiB of zeros, compressed, without holding them in memory: one member of the file for each 64 MiB. */
function packedZeros(count: number, pack: (bytes: Uint8Array) => Uint8Array): Uint8Array<ArrayBuffer> {
  const member = pack(new Uint8Array(64 << 20));
  const out = new Uint8Array(member.length * count * 16);
  for (let n = 0; n < count * 16; n++) out.set(member, n * member.length);
  return out;
}

Deno.test("M6: files that unpack to gigabytes, or are that long, are refused in bounded memory by all that reads them", () =>
  withFolder(async (folder) => {
    const zst = packedZeros(3, (bytes) => zstdCompressSync(bytes));
    const gz = packedZeros(3, (bytes) => gzipSync(bytes, { level: 9 }));
    const file = async (name: string, bytes: Uint8Array) => {
      await Deno.writeFile(`${folder}/${name}`, bytes);
      return `${folder}/${name}`;
    };
    const block = await file("slot_1.json.zst", zst);
    await Deno.writeTextFile(`${folder}/plain.json`, "");
    await Deno.truncate(`${folder}/plain.json`, 3 * 2 ** 30);
    const rows: [string[], RegExp][] = [
      [["decode", block], /Cannot unpack \S+: \d+ bytes of it unpack to \d+ or more/],
      [["decode", await file("slot_2.json.gz", gz)], /Cannot unpack/],
      [["decode", await file("c.journal.zst", zst)], /it is not a capture journal|Cannot unpack/],
      [["decode", `${folder}/plain.json`], /is longer than 268435456 bytes/],
      [["replay", block], /Cannot unpack/],
      [["replay", "--accounts", block, "examples"], /Cannot unpack/],
      [["run", "agent", "mev", "--source", `file:${block}`, "--data-dir", `${folder}/data`], /Cannot unpack/],
    ];
    for (const [args, printed] of rows) {
      const { code, stderr, peakMib, ms } = await measured(args);
      assert.equal(code, 1, `${args.join(" ")}: ${stderr}`);
      assert.match(stderr, printed, args.join(" "));
      assert.ok(peakMib > 0 && peakMib < 500, `${args.join(" ")} took ${peakMib} MiB`);
      // A loaded machine is slow; the old code read everything, which takes minutes there.
      assert.ok(ms < 60_000, `${args.join(" ")} took ${ms} ms`);
    }
  }));

Deno.test("section 2: the executable prints NOTICE and the texts of all licences", async () => {
  const { code, stdout } = await legend(["version", "--licences"]);
  assert.equal(code, 0);
  for (
    const text of [
      "librdkafka",
      "OpenSSL",
      "zlib",
      "Zstandard",
      "ed25519-dalek",
      "curve25519-dalek",
      "subtle",
      "hono",
      "jose",
      "preact",
      "uplot",
      "fzstd",
      "GNU GENERAL PUBLIC LICENSE",
      "GCC RUNTIME LIBRARY EXCEPTION",
      "a CHANGED copy: its SONAME is libgomp.so.1",
      "Copyright (c) Microsoft Corporation",
      "Redistributions in binary form must reproduce",
    ]
  ) assert.ok(stdout.includes(text), text);
});
