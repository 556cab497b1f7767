/**
 * A process for the log's contract, called with `embedded:FOLDER` or `kafka:BROKERS`, then one of two commands. `append
 * TOPIC COUNT NAME` appends `NAME-0`…, one record per call; `read TOPIC COUNT` prints COUNT values as they arrive.
 */
import { Library } from "../ffi/library.ts";
import { EmbeddedLog, KafkaLog, kafkaOptions } from "../ffi/log.ts";
import { LIBRARY } from "../tools/paths.ts";

const [address = "", verb, topicName = "", countText = "0", name = ""] = Deno.args;
const count = Number(countText);
const library = new Library(LIBRARY);
const place = address.slice(address.indexOf(":") + 1);
using log = address.startsWith("kafka:")
  ? new KafkaLog(library, kafkaOptions(place))
  : new EmbeddedLog(library, place);
using topic = await log.topic(topicName, { create: true });
const encoder = new TextEncoder();
if (verb === "append") {
  for (let at = 0; at < count; at++) {
    await topic.append([{ value: encoder.encode(`${name}-${at}`) }], at % 100 === 0 ? "group" : "none");
  }
} else {
  using reader = await topic.reader(0n);
  for (let seen = 0; seen < count;) {
    const answer = reader.read();
    if ("gap" in answer) throw new Error("Cannot read: gap");
    for (const { value } of answer.records) Deno.stdout.writeSync(new Uint8Array([...value!, 10]));
    seen += answer.records.length;
    if (answer.records.length === 0) await reader.wait(1000);
  }
}
