/**
 * What every backend of the log must do. `embedded` and Kafka run the same rows; a row makes its own topic. Processes
 * are real: `tests/log_process.ts` opens the log by the backend's address.
 */
import assert from "node:assert/strict";
import type { Durability, Log, LogGap, LogReader, LogTopic, StoredRecord } from "../core/log/log.ts";

export interface ContractHome {
  readonly name: string;
  /** Opens the backend's log; the same one each time within a test. */
  open(): Log;
  /** Starts a process on the same log; tests/log_process.ts lists its arguments. */
  spawn(words: readonly string[]): Deno.ChildProcess;
  /** Whether a test can trigger a topic's retention by bytes. */
  readonly smallRetention: boolean;
}

type Row = readonly [name: string, run: (home: ContractHome, topicName: string) => Promise<void>];

const encoder = new TextEncoder();
const bytes = (text: string) => encoder.encode(text);
const text = (value: Uint8Array | null) => new TextDecoder().decode(value ?? new Uint8Array());

/** Everything from the reader's position to the present end of the topic. */
export async function drain(
  topic: LogTopic,
  reader: LogReader,
): Promise<{ records: StoredRecord[]; gaps: LogGap[] }> {
  const { end } = await topic.info();
  const records: StoredRecord[] = [];
  const gaps: LogGap[] = [];
  while (reader.position[0]! < end) {
    const answer = reader.read();
    if ("gap" in answer) gaps.push(answer.gap);
    else if (answer.records.length > 0) records.push(...answer.records);
    else assert.ok(await reader.wait(30_000), "what was acknowledged can be read");
  }
  return { records, gaps };
}

async function values(topic: LogTopic, from = 0n): Promise<string[]> {
  using reader = await topic.reader(from);
  return (await drain(topic, reader)).records.map(({ value }) => text(value));
}

export const CONTRACT: readonly Row[] = [
  ["append() gives dense offsets in the order of the calls", async (home, name) => {
    using log = home.open();
    using topic = await log.topic(name, { create: true });
    const durabilities: Durability[] = ["none", "group", "fsync"];
    for (const [at, durability] of durabilities.entries()) {
      assert.equal(
        await topic.append([{ value: bytes(`${at}a`) }, { value: bytes(`${at}b`) }], durability),
        BigInt(2 * at),
      );
    }
    assert.deepEqual(await values(topic), ["0a", "0b", "1a", "1b", "2a", "2b"]);
    assert.equal((await topic.info()).end, 6n);
  }],
  ["append() keeps key, value, headers, timestamp and unknown bytes", async (home, name) => {
    using log = home.open();
    using topic = await log.topic(name, { create: true });
    const unknown = new Uint8Array([0x9a, 0x06, 0x03, 1, 2, 3, 0x08, 0x81, 0x80, 0x00, 0xff]);
    const headers = [["signature", new Uint8Array([0, 255])], ["empty", new Uint8Array()]] as const;
    await topic.append([
      { key: bytes("pool"), value: unknown, headers, timestampMs: 1_790_000_000_123 },
      { key: null, value: null },
      { key: new Uint8Array(), value: new Uint8Array() },
    ]);
    using reader = await topic.reader(0n);
    const [first, second, third] = (await drain(topic, reader)).records;
    assert.equal(text(first!.key), "pool");
    assert.deepEqual([...first!.value!], [...unknown]);
    assert.deepEqual(first!.headers.map(([key, value]) => [key, [...value]]), [["signature", [0, 255]], [
      "empty",
      [],
    ]]);
    assert.equal(first!.timestampMs, 1_790_000_000_123);
    assert.deepEqual([second!.key, second!.value], [null, null]);
    assert.deepEqual([third!.key?.length, third!.value?.length], [0, 0]);
  }],
  ["append() takes 20,000 concurrent calls and gives 20,000 offsets", async (home, name) => {
    using log = home.open();
    using topic = await log.topic(name, { create: true });
    const calls = Array.from(
      { length: 20_000 },
      (_, at) => topic.append([{ value: bytes(String(at)) }], "none"),
    );
    const offsets = new Set(await Promise.all(calls));
    assert.equal(offsets.size, 20_000);
    assert.equal(new Set(await values(topic)).size, 20_000);
  }],
  ["append() carries 1 MiB values and refuses 9 MiB with nothing written", async (home, name) => {
    using log = home.open();
    using topic = await log.topic(name, { create: true });
    const large = new Uint8Array(1 << 20).fill(7);
    await topic.append([{ value: large }]);
    await assert.rejects(topic.append([{ value: bytes("x") }, { value: new Uint8Array(9 << 20) }]));
    using reader = await topic.reader(0n);
    const { records } = await drain(topic, reader);
    assert.deepEqual(records.map(({ value }) => value!.length), [1 << 20]);
  }],
  ["reader() starts anywhere and reads what comes later", async (home, name) => {
    using log = home.open();
    using topic = await log.topic(name, { create: true });
    await topic.append(Array.from({ length: 100 }, (_, at) => ({ value: bytes(String(at)) })));
    assert.deepEqual(await values(topic, 97n), ["97", "98", "99"]);
    using reader = await topic.reader(100n);
    assert.deepEqual((await drain(topic, reader)).records, []);
    await topic.append([{ value: bytes("late") }]);
    assert.deepEqual((await drain(topic, reader)).records.map(({ value }) => text(value)), ["late"]);
  }],
  ["commit() outlives the handle and groups do not see each other", async (home, name) => {
    {
      using log = home.open();
      using topic = await log.topic(name, { create: true });
      await topic.append([{ value: bytes("x") }]);
      assert.equal(await topic.committed("sink"), null);
      await topic.commit("sink", { offset: 1n, lost: 0n });
      await topic.commit("bridge", { offset: 0n, lost: 7n });
    }
    using log = home.open();
    using topic = await log.topic(name);
    assert.deepEqual(await topic.committed("sink"), { offset: 1n, lost: 0n });
    assert.deepEqual(await topic.committed("bridge"), { offset: 0n, lost: 7n });
    assert.deepEqual([...await topic.groups()].sort(), ["bridge", "sink"]);
  }],
  ["topic() refuses a missing topic and a name that is a path", async (home, name) => {
    using log = home.open();
    await assert.rejects(log.topic(`${name}-missing`), { name: "AppError", code: "not_found" });
    for (const bad of ["../x", "a/b", "", "."]) {
      await assert.rejects(log.topic(bad, { create: true }), { name: "AppError" });
    }
  }],
  ["wait() resolves when another process appends, and false when none does", async (home, name) => {
    using log = home.open();
    using topic = await log.topic(name, { create: true });
    using reader = await topic.reader(0n);
    assert.equal(await reader.wait(10), false);
    const waiting = reader.wait(60_000);
    const child = home.spawn(["append", name, "1", "from-child"]);
    assert.equal(await waiting, true);
    assert.equal((await child.status).code, 0);
    assert.deepEqual(await values(topic), ["from-child-0"]);
  }],
  ["two processes append at once: every record once, each one's in order", async (home, name) => {
    using log = home.open();
    using topic = await log.topic(name, { create: true });
    const children = ["a", "b"].map((who) => home.spawn(["append", name, "2000", who]));
    for (const child of children) assert.equal((await child.status).code, 0);
    const seen = await values(topic);
    assert.equal(seen.length, 4000);
    for (const who of ["a", "b"]) {
      const own = seen.filter((value) => value.startsWith(`${who}-`));
      assert.deepEqual(own, Array.from({ length: 2000 }, (_, at) => `${who}-${at}`));
    }
  }],
  [
    "a reader in another process sees acknowledged records in order while they are written",
    async (home, name) => {
      using log = home.open();
      using topic = await log.topic(name, { create: true });
      const child = home.spawn(["read", name, "500"]);
      for (let at = 0; at < 500; at++) {
        await topic.append(
          [{ value: bytes(`r-${at}`) }],
          at % 50 === 0 ? "group" : "none",
        );
      }
      const { stdout, code } = await child.output();
      assert.equal(code, 0);
      assert.deepEqual(text(stdout).trim().split("\n"), Array.from({ length: 500 }, (_, at) => `r-${at}`));
    },
  ],
  ["a killed writer leaves the log whole and usable", async (home, name) => {
    using log = home.open();
    using topic = await log.topic(name, { create: true });
    const child = home.spawn(["append", name, "1000000", "k"]);
    using reader = await topic.reader(200n);
    assert.equal(await reader.wait(60_000), true);
    child.kill("SIGKILL");
    await child.status;
    await topic.append([{ value: bytes("after") }]);
    const seen = await values(topic);
    assert.deepEqual(seen, [...Array.from({ length: seen.length - 1 }, (_, at) => `k-${at}`), "after"]);
  }],
  ["retention removes the oldest, and a slow group gets the count of what it lost", async (home, name) => {
    if (!home.smallRetention) return;
    using log = home.open();
    using topic = await log.topic(name, { create: true, segmentBytes: 64 << 10, retentionBytes: 128 << 10 });
    await topic.commit("slow", { offset: 10n, lost: 0n });
    for (let at = 0; at < 60; at++) await topic.append([{ value: new Uint8Array(10_000) }], "none");
    await topic.retain();
    const { start, end } = await topic.info();
    assert.equal(end, 60n);
    assert.ok(start > 30n, `start ${start}`);
    using reader = await topic.reader((await topic.committed("slow"))!.offset);
    const { records, gaps } = await drain(topic, reader);
    assert.deepEqual(gaps, [{ partition: 0, from: 10n, to: start, cause: "retention" }]);
    assert.equal(BigInt(records.length), end - start);
  }],
];
