import assert from "node:assert/strict";
import { openDatabase } from "../database.ts";
import { type Anchor, AuditChain } from "./chain.ts";

async function withChain(
  run: (chain: AuditChain, sql: (text: string) => void, anchors: Anchor[]) => void,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "legend-audit-" });
  const database = openDatabase(`${folder}/legend.db`);
  try {
    const chain = new AuditChain(database, () => 1_700_000_000_000);
    const entry = (n: number) => ({
      who: "admin",
      action: "policy",
      module: "mev",
      detail: `n ${n}`,
      request_id: `r${n}`,
    });
    const anchors = Array.from({ length: 20 }, (_, n) => chain.append(entry(n)));
    run(chain, (text) => database.exec(text), anchors);
  } finally {
    database.close();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("AuditChain.verify() finds no fault in an untouched chain and its anchors", () =>
  withChain((chain, _, anchors) => {
    assert.deepEqual(chain.verify(anchors), { entries: 20, anchors: 20, broken: null });
    assert.equal(chain.list({ limit: 2 })[0]!.seq, 20);
  }));

const TAMPERED: [name: string, sql: string, found: RegExp][] = [
  ["change", "update audit set detail = 'x' where seq = 7", /entry 7 was changed/],
  ["change of who", "update audit set who = 'other' where seq = 1", /entry 1 was changed/],
  ["delete", "delete from audit where seq = 5", /entries 5\.\.5 are missing/],
  [
    "insert",
    "update audit set seq = seq + 1 where seq > 25; insert into audit select 21, at_ms, who, action, module, detail, request_id, previous, hash from audit where seq = 3",
    /entry 21 does not follow/,
  ],
  [
    "reorder",
    "update audit set seq = 100 where seq = 4; update audit set seq = 4 where seq = 5; update audit set seq = 5 where seq = 100",
    /entry 4 does not follow/,
  ],
  ["truncate", "delete from audit where seq > 15", /entries 16\.\.20 are missing: they were told outside/],
  ["empty", "delete from audit", /entries 1\.\.20 are missing/],
];

for (const [name, sql, found] of TAMPERED) {
  Deno.test(`AuditChain.verify() finds: ${name}`, () =>
    withChain((chain, run, anchors) => {
      run(sql);
      assert.match(chain.verify(anchors).broken ?? "nothing", found);
    }));
}

Deno.test("AuditChain.verify() finds a chain that was computed anew", () =>
  withChain((_, run, anchors) => {
    run("delete from audit");
    void anchors;
  }).then(() =>
    withChain((chain, run, anchors) => {
      run("delete from audit");
      for (let n = 0; n < 20; n++) {
        chain.append({
          who: "admin",
          action: "policy",
          module: "mev",
          detail: n === 3 ? "forged" : `n ${n}`,
          request_id: `r${n}`,
        });
      }
      assert.equal(chain.verify().broken, null, "by itself it is whole");
      assert.match(chain.verify(anchors).broken!, /entry 4 is not the one that was told outside/);
    })
  ));
