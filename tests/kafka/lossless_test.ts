/**
 * The short form of the soak's proof, and a test of the proof: a record removed without the product's knowledge is
 * found.
 */
import assert from "node:assert/strict";
import { legend } from "../e2e/executable.ts";
import { lossless } from "./lossless.ts";

Deno.test("kill -9 of agents, link, sink, bridge, writer and broker loses and doubles nothing, and the proof sees one row gone", async () => {
  const result = await lossless({ seconds: 20, perSecond: 5_000, seed: 11 }, async (cluster, store, data) => {
    const doctor = () => legend(["doctor", "--json", "--data-dir", data], { env: cluster.env });
    const finding = async () => {
      const { stdout } = await doctor();
      const lines = stdout.trim().split("\n").map((line) => JSON.parse(line));
      return lines.find(({ name }) => name === "nothing lost, nothing duplicated");
    };
    assert.equal((await finding()).ok, true);
    await store.command(
      "ALTER TABLE arb_opportunities DELETE WHERE producer_id = 'load-1' AND seq = 777 SETTINGS mutations_sync = 2",
    );
    const red = await finding();
    assert.equal(red.ok, false);
    assert.match(red.detail, /load-1 lacks 1 records and has 0 duplicates/);
    const slo = await legend(["slo", "--json", "--data-dir", data], { env: cluster.env });
    assert.equal(slo.code, 1);
    assert.match(slo.stdout, /"name":"records lost or duplicated","value":1,/);
  });
  assert.ok(result.records > 20_000, `${result.records} records`);
});
