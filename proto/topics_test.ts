import assert from "node:assert/strict";
import { BRIDGE_TOPICS } from "../services/bridge/bridge.ts";
import { MIRROR_PAIRS } from "../services/mirror.ts";
import { SINK_TOPICS } from "../services/sink.ts";
import { TABLE_OF } from "../core/store/proof.ts";
import { filesBelow } from "../tools/imports.ts";
import { ROOT } from "../tools/paths.ts";
import { topicsRs } from "../tools/topics_rs.ts";
import { ALL_TOPICS, type TopicDefinition, TOPICS } from "./topics.ts";

/** Topics that came later have no place in the lists below. */
const BEFORE =
  `agent-status-proto arbitrage-decisions arbitrage-decisions-proto audit-proto bundle-outcomes-proto
control-commands control-commands-proto control-receipts-proto control-state-proto decision-evidence job-status-proto
jobs-proto metrics-proto model-artefacts-proto model-events-proto sandwich-decisions sandwich-decisions-proto
sandwich-outcomes sandwich-raw`.split(/\s/);
const isOld = (name: string) => BEFORE.includes(name.replace(/-dlq$/, ""));
const names = (has: (topic: TopicDefinition) => unknown) =>
  TOPICS.filter((topic) => isOld(topic.name) && has(topic)).map(({ name }) => name);

Deno.test("who reads, drops, keeps and mirrors a topic is what it was before there was one table", () => {
  assert.deepEqual(names((topic) => topic.droppable), [
    "agent-status-proto",
    "arbitrage-decisions",
    "arbitrage-decisions-proto",
    "decision-evidence",
    "metrics-proto",
    "sandwich-decisions",
    "sandwich-decisions-proto",
    "sandwich-raw",
  ]);
  assert.deepEqual(BRIDGE_TOPICS.filter(isOld), [
    "arbitrage-decisions-proto",
    "bundle-outcomes-proto",
    "job-status-proto",
    "metrics-proto",
    "sandwich-decisions-proto",
  ]);
  assert.deepEqual(SINK_TOPICS.filter(({ name }) => isOld(name)), [
    { name: "arbitrage-decisions-proto", content: "envelope" },
    { name: "bundle-outcomes-proto", content: "envelope" },
    { name: "decision-evidence", content: "evidence" },
    { name: "metrics-proto", content: "envelope" },
    { name: "sandwich-decisions-proto", content: "envelope" },
  ]);
  assert.deepEqual(MIRROR_PAIRS.filter(({ proto }) => isOld(proto)), [
    { proto: "arbitrage-decisions-proto", json: "arbitrage-decisions" },
    { proto: "bundle-outcomes-proto", json: "sandwich-outcomes" },
    { proto: "sandwich-decisions-proto", json: "sandwich-decisions" },
  ]);
  assert.deepEqual(Object.fromEntries(Object.entries(TABLE_OF).filter(([name]) => isOld(name))), {
    "arbitrage-decisions-proto": "arb_opportunities",
    "bundle-outcomes-proto": "bundle_outcomes_typed",
    "metrics-proto": "metrics_typed",
    "sandwich-decisions-proto": "mev_opportunities",
  });
  assert.deepEqual(names((topic) => topic.inbound === "new"), ["control-commands-proto"]);
  assert.deepEqual(names((topic) => topic.inbound === "all"), [
    "control-state-proto",
    "model-artefacts-proto",
  ]);
  assert.deepEqual(names((topic) => topic.kept), ["audit-proto"]);
  assert.deepEqual(
    names((topic) => topic.compacted),
    ["agent-status-proto", "control-state-proto", "model-artefacts-proto"],
  );
  assert.equal(
    ALL_TOPICS.filter(({ name }) => isOld(name)).length,
    19 + 11,
    "eleven topics have dead letters",
  );
});

Deno.test("the rows of the topics are sorted and each name is there once", () => {
  const all = TOPICS.map(({ name }) => name);
  assert.deepEqual(all, [...new Set(all)].sort());
});

Deno.test("topicsRs() gives Rust each name and which may be dropped", () => {
  const text = topicsRs([
    { name: "a-b", content: "json", partitions: 1, droppable: true },
    { name: "c", content: "audit", partitions: 1 },
  ]);
  assert.match(
    text,
    /^\/\/\/ .* `json`.\npub const A_B: &str = "a-b";\n\/\/\/ .* `audit`.\npub const C: &str = "c";$/m,
  );
  assert.match(text, /^pub const DROPPABLE: \[&str; 1\] = \[\n {4}A_B,\n\];$/m);
});

Deno.test("no production file names a topic but in a typed constant, so a misspelt one does not compile", () => {
  const literal = new RegExp(`"(${TOPICS.map(({ name }) => name).join("|")})"`);
  const found: string[] = [];
  for (const folder of ["app", "cli", "core", "ffi", "islands", "routes", "services", "workers"]) {
    for (const file of filesBelow(ROOT, folder)) {
      if (/_test\.tsx?$/.test(file)) continue;
      for (const line of Deno.readTextFileSync(`${ROOT}/${file}`).split("\n")) {
        if (literal.test(line) && !/const [A-Z_]+: TopicName = "/.test(line)) found.push(`${file}: ${line}`);
      }
    }
  }
  assert.deepEqual(found, []);
});
