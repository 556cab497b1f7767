/**
 * `deno task bench [NAME…]`: ours and its peer in one run, as ratios (above 1 = ours is better), with the name of the
 * machine. One file per headline figure; each returns rows and states the required figure.
 */
import { say, task } from "../tools/command.ts";
import { machine } from "../core/platform/machine.ts";
import type { BenchRow } from "./bench.ts";
import { apiBench } from "./api.ts";
import { bridgeBench } from "./bridge.ts";
import { decodeBench } from "./decode.ts";
import { kafkaBench } from "./kafka.ts";
import { logBench } from "./log.ts";
import { modelBench } from "./model.ts";
import { scrapeBench } from "./scrape.ts";
import { sinkBench } from "./sink.ts";
import { startBench } from "./start.ts";

const BENCHES: Readonly<Record<string, () => Promise<BenchRow[]>>> = {
  api: apiBench,
  bridge: bridgeBench,
  decode: decodeBench,
  kafka: kafkaBench,
  log: logBench,
  model: modelBench,
  scrape: scrapeBench,
  sink: sinkBench,
  start: startBench,
};

await task(async () => {
  const asked = Deno.args.filter((arg) => !arg.startsWith("-"));
  const unknown = asked.find((name) => !(name in BENCHES));
  if (unknown) throw new Error(`Cannot bench ${unknown}: need any of ${Object.keys(BENCHES).join(", ")}`);
  const json = Deno.args.includes("--json");
  say(`machine: ${machine()}`);
  let missed = 0;
  for (const [name, run] of Object.entries(BENCHES)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    for (const row of await run()) {
      const met = row.figure === undefined ||
        (row.figure.better === "higher" ? row.ratio >= row.figure.limit : row.ratio <= row.figure.limit);
      if (!met) missed += 1;
      const line = json ? JSON.stringify({ ...row, machine: machine() }) : text(row, met);
      Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
    }
  }
  if (missed > 0) say(`${missed} figures missed`);
});

function text(row: BenchRow, met: boolean): string {
  const number = (value: number) => value.toLocaleString("en", { maximumSignificantDigits: 4 });
  const figure = row.figure
    ? `  figure ${row.figure.better === "higher" ? ">=" : "<="} ${row.figure.limit}: ${
      met ? "met" : "MISSED"
    }`
    : "";
  const peer = row.peer
    ? `  ${row.peer} ${number(row.peer_value!)} ${row.unit}  ratio ${row.ratio.toFixed(2)}`
    : "";
  return `${row.name.padEnd(26)} ${number(row.value)} ${row.unit}${peer}${figure}`;
}
