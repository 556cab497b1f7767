import assert from "node:assert/strict";
import * as field from "../proto/gen/fields.ts";
import { DEX_IDS } from "../proto/gen/dex.ts";
import * as names from "../proto/gen/names.ts";
import { filesBelow } from "./imports.ts";
import { ROOT } from "./paths.ts";
import { dexTs, fieldsTs, namesRs, namesTs, readProtos } from "./wire_names.ts";

Deno.test("the names of the wire's numbers are those that files, topics and the store have always had", () => {
  assert.deepEqual({ ...names }, {
    TYPES: ["unknown", "arb", "mev", "outcome", "metrics", "training", "dataset"],
    KINDS: ["unknown", "sandwich", "wide_sandwich", "arbitrage", "open_sandwich", "open_arbitrage"],
    TIERS: ["", "A", "B", "C"],
    ENVELOPE_MODULES: ["", "arbitrage", "mev"],
    MODULES: ["arbitrage", "mev"],
    ACTIONS: ["start", "stop", "restart", "throttle", "policy", "kill"],
  });
});

Deno.test("an arbitrage and a sandwich have the same numbers for what the page shows of both", () => {
  assert.deepEqual([
    field.ARB_OPPORTUNITY_SLOT,
    field.ARB_OPPORTUNITY_TX_SIGNATURE,
    field.ARB_OPPORTUNITY_NET_SOL,
    field.ARB_OPPORTUNITY_CLASSIFICATION,
    field.ARB_OPPORTUNITY_P_LAND_EST,
  ], [
    field.MEV_OPPORTUNITY_SLOT,
    field.MEV_OPPORTUNITY_ATTACKER,
    field.MEV_OPPORTUNITY_NET_SOL,
    field.MEV_OPPORTUNITY_TYPE,
    field.MEV_OPPORTUNITY_P_LAND_EST,
  ]);
});

Deno.test("a renumbered field or a new kind changes what is generated", async () => {
  const root = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${root}/proto`);
    await Deno.copyFile(`${ROOT}/proto/control.proto`, `${root}/proto/control.proto`);
    const text = await Deno.readTextFile(`${ROOT}/proto/realtime.proto`);
    const changed = text.replace("bytes decision_id = 3;", "bytes decision_id = 33;")
      .replace("OPEN_ARBITRAGE = 5;", "OPEN_ARBITRAGE = 5;\n  BACK_RUN = 6;");
    await Deno.writeTextFile(`${root}/proto/realtime.proto`, changed);
    const protos = readProtos(root);
    assert.match(fieldsTs(protos), /^export const ENVELOPE_DECISION_ID = 33;$/m);
    assert.match(namesTs(protos), /"open_arbitrage", "back_run"\] as const;/);
    assert.match(namesRs(protos), /realtime::Kind::BackRun => "back_run",/);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("dexTs() has each row of Rust's table, in its order, and fails for one that it cannot read", async () => {
  assert.deepEqual(DEX_IDS, DEX_IDS.toSorted());
  const table = await Deno.readTextFile(`${ROOT}/ffi/engine/src/dex/mod.rs`);
  assert.equal(DEX_IDS.length, Number(/static DEXES: \[Dex; (\d+)\]/.exec(table)![1]));
  const root = await Deno.makeTempDir();
  const folder = `${root}/ffi/engine/src/dex`;
  try {
    await Deno.mkdir(folder, { recursive: true });
    const write = (rows: string) =>
      Deno.writeTextFile(`${folder}/mod.rs`, `pub static DEXES: [Dex; 2] = [\n${rows}\n];\n`);
    await Deno.writeTextFile(`${folder}/a.rs`, 'pub const DEX: Dex = Dex {\n    id: "a_id",\n};\n');
    await Deno.writeTextFile(
      `${folder}/b.rs`,
      'row!(ONE, "b_one", b"x");\nrow!(TWO, "b_two", b"y", None);\n',
    );
    await write("    a::DEX,\n    b::TWO,");
    assert.match(dexTs(root), /\[\n {2}"a_id",\n {2}"b_two",\n\]/);
    await write("    a::DEX,\n    b::THREE,");
    assert.throws(() => dexTs(root), /^Error: Cannot read the id of b::THREE/);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("no production file lists the modules by hand", () => {
  const list = /["']arbitrage["'],\s*["']mev["']/;
  const found = ["app", "cli", "core", "ffi", "islands", "proto", "routes", "services", "workers"]
    .flatMap((folder) => filesBelow(ROOT, folder))
    // What is generated is held against its sources.
    .filter((file) =>
      !/(?:_test|\.gen)\.tsx?$/.test(file) && list.test(Deno.readTextFileSync(`${ROOT}/${file}`))
    );
  assert.deepEqual(found, []);
});
