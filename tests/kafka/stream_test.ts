/** The live stream over Kafka at its start: a connected client misses nothing, however late the readers are. */
import assert from "node:assert/strict";
import { EmbeddedLog } from "../../ffi/log.ts";
import { Library } from "../../ffi/library.ts";
import { long, realtime } from "../../proto/wire.ts";
import { freePort } from "../../tools/kafka.ts";
import { LIBRARY } from "../../tools/paths.ts";
import { Part, withCluster } from "./cluster.ts";
import { delay } from "../../core/platform/delay.ts";

const KEY = "master-key-of-the-test-01234567";
const RECORDS = 200;
/** Slots of the test's own records. */
const FIRST_SLOT = 1_000;

/** Connects as soon as the API accepts it: refused before the API is up and reads its topics. */
async function connect(port: number): Promise<WebSocket> {
  const end = performance.now() + 40_000;
  for (;;) {
    // Deno's own options are not in the browser's type.
    const options = { headers: { "x-api-key": KEY } } as unknown as string[];
    const socket = new WebSocket(`ws://127.0.0.1:${port}/api/realtime/ws?mode=json`, options);
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.onopen = () => resolve(true);
      socket.onerror = () => resolve(false);
    });
    if (isOpen) return socket;
    if (performance.now() > end) throw new Error("the API took no connection in 40 s");
    await delay(20);
  }
}

Deno.test("a client that is connected gets every record that is written from then on, right after the start too", () =>
  withCluster(async (cluster) => {
    const data = `${cluster.folder}/data`;
    const port = freePort();
    const env = { KAFKA_BROKERS: cluster.broker.brokers, MASTER_API_KEY: KEY };
    const parts = [["run", "link"], ["run", "api", "--port", String(port)]].map((words) =>
      new Part([...words, "--data-dir", data], env).start()
    );
    const socket = await connect(port);
    try {
      const got = new Set<number>();
      const all = Promise.withResolvers<void>();
      socket.onmessage = ({ data }) => {
        for (const line of String(data).trim().split("\n")) {
          got.add(JSON.parse(line).data.slot - FIRST_SLOT);
          if (got.size === RECORDS) all.resolve();
        }
      };
      using log = new EmbeddedLog(new Library(LIBRARY), `${data}/log`);
      using topic = await log.topic("sandwich-decisions-proto", { create: true });
      for (let n = 0; n < RECORDS; n++) {
        // Without a key, records go to different partitions.
        await topic.append([{
          value: realtime.Envelope.encode({
            schemaVersion: "rt-v1",
            type: realtime.Envelope.Type.MEV,
            decisionId: crypto.getRandomValues(new Uint8Array(16)),
            producerId: "the-test",
            seq: long(n + 1),
            eventNs: long(BigInt(Date.now()) * 1_000_000n),
            kind: realtime.Kind.SANDWICH,
            tier: realtime.Envelope.Tier.A,
            module: realtime.Module.MODULE_MEV,
            mev: {
              version: "v",
              slot: long(FIRST_SLOT + n),
              attacker: "stranger",
              netSol: 1,
              type: "t",
              pLandEst: 1,
            },
          }).finish(),
        }]);
      }
      const late = setTimeout(() => all.reject(new Error(`${got.size} of ${RECORDS} came in 30 s`)), 30_000);
      await all.promise;
      clearTimeout(late);
      assert.deepEqual(
        [...got].sort((one, other) => one - other),
        Array.from({ length: RECORDS }, (_, n) => n),
      );
    } finally {
      socket.close();
      await Promise.all(parts.map((part) => part.end()));
    }
  }));
