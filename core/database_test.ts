import assert from "node:assert/strict";
import { makeRoom, openDatabase } from "./database.ts";

Deno.test("makeRoom() leaves room in the file and its write-ahead log, which later writes take", async () => {
  const folder = await Deno.makeTempDir({ prefix: "legend-database-" });
  const database = openDatabase(`${folder}/legend.db`);
  const size = () => ["", "-wal"].map((end) => Deno.statSync(`${folder}/legend.db${end}`).size);
  try {
    makeRoom(database);
    const before = size();
    assert.ok(before.every((bytes) => bytes > 1 << 20), String(before));
    const key = database.prepare(
      "insert into api_keys (id, hash, label, scopes, created_by, created_ms, expires_ms) values (?, x'00', ?, '', '', 0, 0)",
    );
    for (let at = 0; at < 500; at++) key.run(String(at), "x".repeat(1_000));
    assert.deepEqual(size(), before);
    makeRoom(database);
    assert.ok(size()[0]! > before[0]!, "as much again");
    assert.equal(database.prepare("select count(*) n from sqlite_schema where name = 'room'").get()!.n, 0);
  } finally {
    database.close();
    await Deno.remove(folder, { recursive: true });
  }
});
