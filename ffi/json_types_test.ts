/**
 * What the library answers as JSON is what its TypeScript types say: every field declared, none missing, each of its
 * type. Real answers, read against the types as the compiler reads them.
 */
import assert from "node:assert/strict";
import type { PolicyState, Sent } from "../core/control/control.ts";
import { tipAccounts } from "../core/decisions/tips.ts";
import { openDataDir } from "../core/platform/data_dir.ts";
import { readThrough } from "../core/log/follow.ts";
import { eventually } from "../tests/api/server.ts";
import { JsonTypes } from "../tools/json_types.ts";
import { LIBRARY } from "../tools/paths.ts";
import { sendCommand } from "./control.ts";
import { descriptors, Doorkeeper } from "./door.ts";
import { Agent, capture, Decoder, Replay } from "./engine.ts";
import { Library } from "./library.ts";
import { Link } from "./link.ts";
import { EmbeddedLog, kafkaOptions } from "./log.ts";
import { featureNames, judge, ModelRegistry } from "./models.ts";
import { runningInstallations } from "./process.ts";
import { Sink } from "./store.ts";

const library = new Library(LIBRARY);
const types = new JsonTypes([
  "core/control/control.ts",
  "core/decisions/evidence.ts",
  "core/models/models.ts",
  "core/platform/data_dir.ts",
  "core/platform/link_status.ts",
  "core/platform/system.ts",
  "ffi/door.ts",
  "ffi/engine.ts",
  "ffi/models.ts",
  "ffi/store.ts",
]);
const limits = { segment_bytes: 16 << 20, retention_bytes: 256 << 20, retention_ms: 86_400_000 };

function isOf(type: string, value: unknown): void {
  assert.deepEqual(types.problems(type, value), [], type);
}

async function inFolder(run: (folder: string) => Promise<void> | void): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "legend-types-" });
  try {
    openDataDir(folder);
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** All output of a replay, to its end. */
function drain(lines: Replay | Decoder): void {
  while (lines.read().length > 0);
}

Deno.test("a missing or unknown field, or one of another type, is found at any depth", () => {
  const leg = { slot: 1, index: 0, signature: "s", ix: "2.1", dex: "d", pool: "p", trader: "t" };
  const whole = { ...leg, in_mint: "a", in_amount: "1", out_mint: "b", out_amount: "2" };
  isOf("EvidenceLeg", whole);
  const { ix: _, ...withoutIx } = whole;
  assert.deepEqual(types.problems("EvidenceLeg", { ...withoutIx, slot: "1", new_one: 2 }), [
    "EvidenceLeg.ix is missing",
    'EvidenceLeg.slot is "1", not number',
    "EvidenceLeg.new_one is not declared",
  ]);
  const status = {
    records: 0,
    duplicates: 0,
    lost: 0,
    dead: 0,
    from: [null, "1"],
    to: [],
    last: [],
    seen: [],
  };
  assert.deepEqual(
    types.problems("SinkStatus", { ...status, tables: [{ index: 0, table: "t", columns: "c", rows: "1" }] }),
    ['SinkStatus.tables[0].rows is "1", not number'],
  );
});

Deno.test("evidence of every kind of decision, the sink's status and the summaries match their types", () =>
  inFolder(async (folder) => {
    using replay = new Replay(library, {
      sources: ["sim:7"],
      blocks: 200,
      write_to: { data_dir: folder, limits },
    });
    drain(replay);
    const kinds = new Map<string, number>();
    using log = new EmbeddedLog(library, `${folder}/log`);
    using topic = await log.topic("decision-evidence");
    for await (const block of readThrough(topic, "start")) {
      assert.ok("records" in block);
      for (const { value } of block.records) {
        const evidence = JSON.parse(new TextDecoder().decode(value!));
        const count = (kinds.get(evidence.kind) ?? 0) + 1;
        kinds.set(evidence.kind, count);
        // The first 40 of a kind contain every form of it.
        if (count <= 40) isOf("Evidence", evidence);
      }
    }
    using sink = new Sink(library, { content: "evidence", partitions: 1 });
    using reader = await topic.reader("start");
    await sink.feed(reader, 1_000);
    isOf("SinkStatus", sink.status());
    for (const kind of ["arbitrage", "sandwich", "wide_sandwich", "open_arbitrage", "open_sandwich"]) {
      assert.ok(kinds.has(kind), `no evidence of ${kind}, but ${JSON.stringify([...kinds])}`);
    }
    const out = `${folder}/capture`;
    const captured = capture(library, { sources: ["sim:7"], out, blocks: 3 });
    assert.deepEqual({ ...captured, frames: 0 }, { blocks: 3, frames: 0, unread: [] });
    using decoder = new Decoder(library, { paths: ["examples"] });
    drain(decoder);
    isOf("DecodeSummary", decoder.summary());
  }));

Deno.test("an agent's status and its answer to a command match their types", () =>
  inFolder(async (folder) => {
    await using agent = new Agent(library, {
      module: "mev",
      sources: ["sim:7"],
      speed: 40,
      data_dir: folder,
      instance: "types",
      tips: tipAccounts(""),
      cluster: false,
      foreign_models: false,
      limits,
    });
    await eventually(() => agent.status().sandwich > 0, "a sandwich");
    isOf("AgentStatus", agent.status());
    const args: Record<string, string> = { pools_deny: "11111111111111111111111111111111" };
    for (const action of ["throttle", "policy", "kill"] as const) {
      const sent: Sent = await sendCommand(library, {
        data_dir: folder,
        instance: "types",
        module: "mev",
        action,
        args: action === "throttle" ? { throttle_pct: "7" } : action === "policy" ? args : {},
        issuer: "local:test",
        role: "admin",
        wait_ms: 20_000,
      });
      isOf("Sent", sent);
      assert.ok(sent.taken, `${action}: ${sent.agent_error}`);
    }
    const { policy }: { policy: PolicyState } = agent.status();
    assert.equal(policy.killed, true);
    isOf("AgentStatus", agent.status());
  }));

Deno.test("the answers of the registry, the door, the link and the process match their types", () =>
  inFolder(async (folder) => {
    isOf("FeatureNames", featureNames(library, "mev"));
    isOf("Judgement", judge(library, Float32Array.of(0, 1, 1), Float32Array.of(0.1, 0.8, 0.6)));
    const registry = new ModelRegistry(library, folder);
    isOf("ModelList", registry.list("mev"));
    isOf("ModelState", registry.state("mev"));
    isOf("Descriptors", descriptors(library));
    for (const one of runningInstallations(library)) isOf("RunningInstallation", one);
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    try {
      using door = new Doorkeeper(library, {
        port: (listener.addr as Deno.NetAddr).port,
        connections_max: 10,
        per_address_max: 5,
        descriptors_kept: 10,
        request_ms: 1_000,
        idle_ms: 1_000,
        shared: [],
      });
      isOf("DoorStatus", door.status());
    } finally {
      listener.close();
    }
    await using link = new Link(library, {
      data_dir: folder,
      instance: "types",
      // No broker listens there.
      kafka: kafkaOptions("127.0.0.1:1"),
      topics: [{ name: "jobs-proto", partitions: 1, compacted: false, inbound: false, history: false }],
      create: false,
      replicas: 0,
      limits,
    });
    isOf("LinkStatus", link.status());
  }));
