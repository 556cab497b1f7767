/** The log's contract on a real Kafka broker: the same rows as for the embedded log, unchanged. */
import { CONTRACT, type ContractHome } from "../log_contract.ts";
import { Library } from "../../ffi/library.ts";
import { KafkaLog, kafkaOptions } from "../../ffi/log.ts";
import { withKafka } from "../../tools/kafka.ts";
import { LIBRARY, ROOT } from "../../tools/paths.ts";

Deno.test("KafkaLog keeps the log's contract", async (test) => {
  const library = new Library(LIBRARY);
  await withKafka(async ({ brokers }) => {
    const home: ContractHome = {
      name: "kafka",
      open: () => new KafkaLog(library, kafkaOptions(brokers)),
      spawn: (words) =>
        new Deno.Command(Deno.execPath(), {
          args: ["run", "-A", "-q", `${ROOT}/tests/log_process.ts`, `kafka:${brokers}`, ...words],
          stdout: "piped",
        }).spawn(),
      // A broker checks retention every few minutes.
      smallRetention: false,
    };
    for (const [at, [name, run]] of CONTRACT.entries()) {
      await test.step(name, () => run(home, `contract-${at}`));
    }
  });
});
