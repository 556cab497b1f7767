/**
 * Tests wait for conditions, with a limit. Fixed waits, and ports that are taken before their user opens them, are
 * counted here per file, each with its reason in a comment. The counts may only fall.
 */

/** Fixed waits: the moment of a fault, a pace, proof that nothing happens. */
export const TIMED_WAITS: Readonly<Record<string, number>> = {
  "tests/e2e/bridge.ts": 1,
  "tests/e2e/control_test.ts": 1,
  "tests/e2e/evidence.ts": 1,
  "tests/e2e/jobs_test.ts": 1,
  "tests/e2e/page_rate.ts": 1,
  "tests/e2e/page_weight.ts": 2,
  "tests/e2e/run_test.ts": 1,
  "tests/e2e/start_test.ts": 1,
  "tests/findings/cli_examples_test.ts": 1,
  "tests/findings/door_test.ts": 1,
  "tests/findings/held_records_test.ts": 1,
  "tests/findings/process_test.ts": 1,
  "tests/findings/stranger.ts": 1,
  "tests/kafka/broker_outage.ts": 2,
  "tests/kafka/jobs_hosts_test.ts": 1,
  "tests/kafka/lossless.ts": 1,
  "tests/kafka/models_hosts_test.ts": 1,
  "tests/kafka/store_use.ts": 1,
  "tests/kafka/writer.ts": 1,
};

/** Ports that are free when a test asks, but may be taken when they are used. */
export const TAKEN_PORTS: Readonly<Record<string, number>> = {
  "tests/e2e/access_verbs_test.ts": 1,
  "tests/e2e/control_test.ts": 1,
  "tests/e2e/foreign_model_test.ts": 1,
  "tests/e2e/jobs_test.ts": 1,
  "tests/e2e/learning_loop_test.ts": 1,
  "tests/e2e/lines_test.ts": 2,
  "tests/e2e/page_test.ts": 1,
  "tests/e2e/page_weight.ts": 1,
  "tests/findings/cli_examples_test.ts": 1,
  "tests/findings/cli_test.ts": 3,
  "tests/findings/control_key_test.ts": 1,
  "tests/findings/data_folder_test.ts": 2,
  "tests/findings/door_test.ts": 2,
  "tests/findings/held_records_test.ts": 4,
  "tests/findings/kill.ts": 1,
  "tests/findings/page_not_read_test.ts": 1,
  "tests/findings/process_test.ts": 1,
  "tests/findings/processes.ts": 1,
  "tests/findings/proxy_test.ts": 1,
  "tests/findings/records_test.ts": 1,
  "tests/findings/installation.ts": 1,
  "tests/findings/stranger.ts": 1,
  "tests/findings/truth_test.ts": 1,
  "tests/kafka/broker_outage.ts": 1,
  "tests/kafka/cluster.ts": 2,
  "tests/kafka/fleet_test.ts": 1,
  "tests/kafka/outage_test.ts": 2,
  "tests/kafka/store_options_test.ts": 1,
  "tests/kafka/stream_test.ts": 1,
  "tests/kafka/tls_test.ts": 1,
  "tests/kafka/trouble_test.ts": 4,
};

/** A shorter wait is the interval at which a condition is polled. */
const LOOK_MS_MAX = 250;
/** TypeScript's one function for waiting, the bare timer, and Rust's. */
const WAITS = [
  /\bdelay\(([^,;]+?)(?:, [\w.]+)?\)(?=[;.,)]|$)/,
  /\bsetTimeout\(\s*(?:resolve|done)\s*,\s*([^)]+)\)/,
  /\bsleep\((?:std::time::)?Duration::from_(?:millis|secs)\(([^)]+)\)\)/,
];
const PORT = /(?<!function )\bfreePort\(\)/;

const milliseconds = (text: string, line: string): number =>
  /^[\d_]+$/.test(text) ? Number(text.replaceAll("_", "")) * (line.includes("from_secs") ? 1_000 : 1) : NaN;

/** Lines, from 1, on which a test waits for a time and not for a condition. */
export function timedWaits(source: string): number[] {
  return source.split("\n").flatMap((line, at) => {
    if (/^\s*(?:\/\/|\*)|Deno\.test\(|const delay = /.test(line)) return [];
    const given = WAITS.map((wait) => wait.exec(line)?.[1]?.trim()).find((one) => one !== undefined);
    return given === undefined || milliseconds(given, line) < LOOK_MS_MAX ? [] : [at + 1];
  });
}

/** Lines, from 1, on which a port is looked for. */
export const takenPorts = (source: string): number[] =>
  source.split("\n").flatMap((line, at) => PORT.test(line) ? [at + 1] : []);

/** What a file must not have: more than its count, or fewer, in which case the count must be lowered. */
function counted(
  file: string,
  what: string,
  lines: readonly number[],
  may: number,
  instead: string,
): string[] {
  if (lines.length === may) return [];
  const at = `${file}:${lines.join(", ")}`;
  return lines.length > may
    ? [`${at} ${what} ${lines.length} times, ${may} are known: ${instead}`]
    : [`${file} ${what} ${lines.length} times: lower its ${may} in tools/check_waits.ts`];
}

/** The broken rules of one test file, by its path from the root. */
export function waitsOf(
  file: string,
  source: string,
  { waits = TIMED_WAITS, ports = TAKEN_PORTS } = {},
): string[] {
  const lines = source.split("\n");
  const timed = timedWaits(source);
  const silent = timed.filter((at) =>
    !lines.slice(Math.max(0, at - 4), at).some((one) => one.includes("//"))
  );
  return [
    ...counted(file, "waits for a time", timed, waits[file] ?? 0, "wait for a condition with a limit"),
    ...silent.map((at) => `${file}:${at} waits for a time and does not say why in a comment above`),
    ...counted(
      file,
      "looks for a free port",
      takenPorts(source),
      ports[file] ?? 0,
      "let its user take port 0 and report the port",
    ),
  ];
}
