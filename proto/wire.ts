/** The messages of proto/*.proto for TypeScript. 64-bit numbers are `Long`; create one with {@link long}. */
import Long from "long";
import protobuf from "protobufjs/minimal.js";
// @ts-types="./gen/messages.d.ts"
import { control, jobs, realtime } from "./gen/messages.js";

// Bundled code has no `require`, which protobufjs uses to find it.
protobuf.util.Long = Long;
protobuf.configure();

export { control, jobs, realtime };
export type { Long };

/** A 64-bit unsigned number of a message from a bigint, number or decimal string. */
export function long(value: bigint | number | string): Long {
  return Long.fromString(String(value), true);
}
