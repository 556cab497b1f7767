/**
 * A process for the log's contract: `embedded:FOLDER append TOPIC COUNT NAME` appends `NAME-0`…, one record a
 * call; `… read TOPIC COUNT` prints COUNT values as they come.
 */
import { Library } from "../ffi/library.ts";
import { EmbeddedLog } from "../ffi/log.ts";
import { LIBRARY } from "../tools/paths.ts";

const [address = "", verb, topicName = "", countText = "0", name = ""] = Deno.args;
const count = Number(countText);
using log = new EmbeddedLog(new Library(LIBRARY), address.replace(/^embedded:/, ""));
using topic = log.topic(topicName, { create: true });
const encoder = new TextEncoder();
if (verb === "append") {
  for (let at = 0; at < count; at++) {
    await topic.append([{ value: encoder.encode(`${name}-${at}`) }], at % 100 === 0 ? "group" : "none");
  }
} else {
  using reader = topic.reader(0n);
  for (let seen = 0; seen < count;) {
    const answer = reader.read();
    if ("gap" in answer) throw new Error("Cannot read: gap");
    for (const { value } of answer.records) Deno.stdout.writeSync(new Uint8Array([...value!, 10]));
    seen += answer.records.length;
    if (answer.records.length === 0) await topic.wait(reader.offset, 1000);
  }
}
