/** Changes that cannot change the program's behaviour, each with the reason. Reviewed by hand; keep it short. */
import type { Operator } from "./mutant.ts";

interface Row {
  readonly file: string;
  readonly operator: Operator;
  /** The text of its line, trimmed. */
  readonly line: string;
  /** The change. */
  readonly from: string;
  readonly to: string;
  readonly why: string;
}

const ROWS: readonly Row[] = [
  {
    file: "core/audit/anchor_file.ts",
    operator: "constant",
    line: "const LINE_MAX = 2_048;",
    from: "2_048",
    to: "4096",
    why: "the last line is looked for in a longer end of the file, and is the same one",
  },
  {
    file: "routes/app.ts",
    operator: "boolean",
    line: 'if (response.status === 101 || c.get("complete")) return response;',
    from: "||",
    to: "&&",
    why: "an answer that is complete gets the headers that it has, and is packed already",
  },
  {
    file: "ffi/control/src/client.rs",
    operator: "constant",
    line: "static SEQUENCE: AtomicU64 = AtomicU64::new(0);",
    from: "0",
    to: "1",
    why: "the first number is of the clock, which is far beyond both",
  },
  {
    file: "ffi/control/src/state.rs",
    operator: "constant",
    line: "let mut bytes = vec![0; SLOT_BYTES];",
    from: "0",
    to: "1",
    why: "every byte is read over, or the reading fails",
  },
  {
    file: "ffi/control/src/replay_window.rs",
    operator: "boundary",
    line: "sender.used.len() == NUMBERS_MAX && sender.used.first().is_some_and(|&low| command.number < low);",
    from: "<",
    to: "<=",
    why: "the lowest number itself is refused as one that was used",
  },
  {
    file: "ffi/control/src/live_policy.rs",
    operator: "boundary",
    line: "if begin.elapsed() >= WRITE_WAIT {",
    from: ">=",
    to: ">",
    why: "a wait that ends a nanosecond later",
  },
  {
    file: "ffi/models/src/probe/helper.rs",
    operator: "constant",
    line: "unsafe { libc::_exit(0) }",
    from: "0",
    to: "1",
    why: "what counts is what the child wrote; its parent asks only whether a signal ended it",
  },
  {
    file: "ffi/topic_log/src/format/record.rs",
    operator: "constant",
    line: "(at..bytes.len().checked_sub(RECORD_HEADER - 1)?).find_map(|at| {",
    from: "1",
    to: "2",
    why: "one place more, where a record would be longer than the bytes",
  },
  {
    file: "ffi/topic_log/src/tidy.rs",
    operator: "boundary",
    line: "if pack.len() >= self.options.segment_bytes && pack.base() < base {",
    from: "<",
    to: "<=",
    why: "the pack that is open is opened again and cut where it was cut",
  },
];

/** The reasons, by the mutant's name. */
export const EQUIVALENT: ReadonlyMap<string, string> = new Map(
  ROWS.map(({ file, operator, line, from, to, why }) => [
    JSON.stringify([file, operator, line, from, to]),
    why,
  ]),
);
