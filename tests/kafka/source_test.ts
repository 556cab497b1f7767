/** `--source kafka`: JSON blocks that another producer writes to `sandwich-raw` are handled like captured files. */
import assert from "node:assert/strict";
import type { AgentStatus } from "../../core/control/control.ts";
import { Library } from "../../ffi/library.ts";
import { KafkaLog, kafkaOptions } from "../../ffi/log.ts";
import { withKafka } from "../../tools/kafka.ts";
import { LIBRARY, ROOT } from "../../tools/paths.ts";
import { legend, lines, withFolder } from "../e2e/executable.ts";
import { until } from "./broker_outage.ts";
import { Part } from "./cluster.ts";

Deno.test("an agent reads blocks off sandwich-raw, counts what is none, and finds what replay finds", () =>
  withKafka(({ brokers }) =>
    withFolder(async (folder) => {
      const replayed = lines<{ type: string; kind: string; provisional: boolean; decision_id: string }>(
        (await legend(["replay", `${ROOT}/examples`, "--json"])).stdout,
      );
      const expected = replayed.filter(({ kind }) => kind === "arbitrage").map(({ decision_id }) =>
        decision_id
      );
      assert.ok(expected.length > 0);
      using log = new KafkaLog(new Library(LIBRARY), kafkaOptions(brokers));
      using raw = await log.topic("sandwich-raw", { create: true });
      const data = `${folder}/data`;
      const agent = new Part(["run", "agent", "arbitrage", "--source", "kafka", "--data-dir", data], {
        KAFKA_BROKERS: brokers,
      }).start();
      const status = async (): Promise<AgentStatus | undefined> => {
        try {
          return JSON.parse(await Deno.readTextFile(`${data}/agents/arbitrage.status.json`));
        } catch {
          // Not published yet.
          return undefined;
        }
      };
      try {
        await until(async () => (await status())?.state === "running", "the agent");
        // The source starts at the end: a record that it counts shows that it is there.
        await until(async () => {
          await raw.append([{ value: new TextEncoder().encode("{not a block") }]);
          return ((await status())?.malformed ?? 0) > 0;
        }, "a record that is not a block is counted");
        for await (const { name } of Deno.readDir(`${ROOT}/examples`)) {
          const slot = Number(/(\d+)/.exec(name)?.[1]);
          if (!name.endsWith(".json") || !slot) continue;
          const block = JSON.parse(await Deno.readTextFile(`${ROOT}/examples/${name}`));
          await raw.append([{ value: new TextEncoder().encode(JSON.stringify({ slot, block })) }]);
        }
        const found = await until(async () => {
          const { stdout } = await legend([
            "topics",
            "tail",
            "decision-evidence",
            "--from",
            "start",
            "--data-dir",
            data,
          ]);
          const ids = lines<{ data: { decision_id: string; kind: string } }>(stdout)
            .filter(({ data }) => data.kind === "arbitrage").map(({ data }) => data.decision_id);
          return ids.length >= expected.length && ids;
        }, "the replay's arbitrages");
        assert.deepEqual([...found].sort(), [...expected].sort());
      } finally {
        await agent.end();
      }
    })
  ));
