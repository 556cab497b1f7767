import assert from "node:assert/strict";
import { AppError } from "./errors.ts";
import { checkDatabase, isBusy, makeRoom, openDatabase, transaction } from "./database.ts";

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

Deno.test("legend.db is private to its owner, and what was committed is on the disk", async () => {
  const folder = await Deno.makeTempDir({ prefix: "legend-database-" });
  const umask = Deno.umask(0);
  const database = openDatabase(`${folder}/legend.db`);
  try {
    for (const end of ["", "-wal", "-shm"]) {
      assert.equal(Deno.statSync(`${folder}/legend.db${end}`).mode! & 0o777, 0o600, `legend.db${end}`);
    }
    const pragma = (name: string) => Object.values(database.prepare(`pragma ${name}`).get()!)[0];
    // 2: each commit waits for the disk.
    assert.deepEqual(["synchronous", "journal_mode", "foreign_keys"].map(pragma), [2, "wal", 1]);
  } finally {
    Deno.umask(umask);
    database.close();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a write under another program's lock is an expected failure, `unavailable`, and nothing is written", async () => {
  const folder = await Deno.makeTempDir({ prefix: "legend-database-" });
  const other = openDatabase(`${folder}/legend.db`);
  const own = openDatabase(`${folder}/legend.db`, 0);
  try {
    other.exec("begin exclusive");
    let ran = false;
    assert.throws(() => transaction(own, () => ran = true), (error: unknown) => {
      assert.ok(error instanceof AppError);
      assert.equal(error.code, "unavailable");
      assert.equal(error.message, "Cannot write legend.db: it is locked by another program, try again");
      assert.ok(isBusy(error), "the queue of writers distinguishes it from other failures");
      return true;
    });
    assert.equal(ran, false);
    other.exec("rollback");
    assert.equal(transaction(own, () => 7), 7);
  } finally {
    own.close();
    other.close();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("checkDatabase() reads a copy whose shared pages cannot be made; only damaged pages are said to be damaged", async () => {
  const folder = await Deno.makeTempDir({ prefix: "legend-database-" });
  const path = `${folder}/legend.db`;
  try {
    openDatabase(path).close();
    assert.equal(checkDatabase(path), null);
    // As on a read-only disk: SQLite cannot make its shared pages there.
    Deno.mkdirSync(`${path}-shm`);
    assert.equal(checkDatabase(path), null);
    Deno.removeSync(`${path}-shm`);
    const whole = Deno.readFileSync(path);
    Deno.writeFileSync(path, whole.slice(0, whole.length >> 1));
    assert.equal(checkDatabase(path)?.isDamaged, true);
    Deno.removeSync(path);
    assert.equal(checkDatabase(path), null, "there is none");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
