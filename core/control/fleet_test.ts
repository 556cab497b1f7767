import assert from "node:assert/strict";
import { jobs, long } from "../../proto/wire.ts";
import type { AgentStatus } from "./control.ts";
import { Fleet, type FleetDeps } from "./fleet.ts";
import type { Log } from "../log/log.ts";

const NOW = 1_700_000_000_000;

const status = (instance: string, more: Partial<AgentStatus> = {}) =>
  ({
    module: "mev",
    instance,
    state: "running",
    at_ns: `${NOW - 2_000}000000`,
    policy: { tip_ladder: [0.5] },
    policy_hash: "ab",
    why_not: {},
    transactions: 1,
    ...more,
  }) as AgentStatus;

const report = (of: unknown, more: Partial<jobs.IAgentReport> = {}) =>
  jobs.AgentReport.encode({
    instance: (of as AgentStatus)?.instance,
    module: "mev",
    atNs: long(BigInt(/^\d+$/.exec((of as AgentStatus)?.at_ns ?? "")?.[0] ?? 0)),
    statusJson: new TextEncoder().encode(JSON.stringify(of)),
    signature: new Uint8Array([1]),
    ...more,
  }).finish();

function fleet(more: Partial<FleetDeps> = {}) {
  const refused: string[] = [];
  const made = new Fleet({
    log: undefined as unknown as Log,
    // Signatures are Rust's to check (ffi/control/tests/other_hosts.rs); here a byte stands for one.
    isSigned: (kind, bytes) => kind === "report" && jobs.AgentReport.decode(bytes).signature?.[0] === 1,
    own: () => [],
    refused: (instance) => refused.push(instance),
    now: () => NOW,
    ...more,
  });
  return { fleet: made, refused };
}

Deno.test("agents of this host stand first, each agent once, with its age", () => {
  const { fleet: all } = fleet({ own: () => [status("mev-here", { at_ns: `${NOW - 500}000000` })] });
  for (const name of ["mev-two", "mev-one", "mev-here"]) all.take(report(status(name)));
  assert.deepEqual(
    all.all().map(({ instance, here, age_s, silent_after_s }) => [instance, here, age_s, silent_after_s]),
    [["mev-here", true, 0.5, 3], ["mev-one", false, 2, 15], ["mev-two", false, 2, 15]],
  );
});

Deno.test("an agent that does not say how long it has run is not given a time", () => {
  const { fleet: all } = fleet();
  const kind = { a: 0, b: 4_000, c: undefined, d: -1, e: "soon" };
  for (const [name, up_s] of Object.entries(kind)) {
    all.take(report(status(`mev-${name}`, { up_s } as Partial<AgentStatus>)));
  }
  assert.deepEqual(all.all().map(({ up_s }) => up_s), [0, 4_000, null, null, null]);
});

Deno.test("the newest report holds, in whatever order they come", () => {
  const { fleet: all } = fleet();
  all.take(report(status("mev-one", { transactions: 2 })));
  all.take(report(status("mev-one", { transactions: 1, at_ns: `${NOW - 9_000}000000` })));
  assert.equal(all.all()[0]!.transactions, 2);
  all.take(report(status("mev-one", { transactions: 3, at_ns: `${NOW - 1_000}000000` })));
  assert.equal(all.all()[0]!.transactions, 3);
});

Deno.test("an agent that ended is shown for a minute, one that is silent for a day", () => {
  const ago = (ms: number) => `${NOW - ms}000000`;
  const { fleet: all } = fleet();
  all.take(report(status("mev-ended", { state: "done", at_ns: ago(59_000) })));
  all.take(report(status("mev-gone", { state: "done", at_ns: ago(61_000) })));
  all.take(report(status("mev-failed", { state: "failed", at_ns: ago(3_600_000) })));
  all.take(report(status("mev-silent", { at_ns: ago(86_399_000) })));
  assert.deepEqual(all.all().map(({ instance }) => instance), ["mev-ended", "mev-failed", "mev-silent"]);
});

Deno.test("what no agent of this installation signed is left out, and reported once", () => {
  const { fleet: all, refused } = fleet();
  const forged = report(status("mev-one", { killed: false }), { signature: new Uint8Array([2]) });
  all.take(forged);
  all.take(forged);
  assert.deepEqual([all.all(), refused], [[], ["mev-one"]]);
});

Deno.test("a stranger's name is logged only if it can be a name, and only a limited number are", () => {
  const { fleet: all, refused } = fleet();
  const forged = (instance: string) => report({}, { instance, signature: new Uint8Array([2]) });
  all.take(forged("mev-\n\u001b[31mKILLED"));
  all.take(forged("x".repeat(1_000)));
  for (let n = 0; n < 1_000; n++) all.take(forged(`mev-${n}`));
  assert.equal(refused[0], "mev-???31mKILLED");
  assert.equal(refused[1]!.length, 64);
  assert.equal(refused.length, 100);
});

Deno.test("an older report of a known agent is not checked again", () => {
  let checks = 0;
  const { fleet: all } = fleet({ isSigned: () => ++checks > 0 });
  all.take(report(status("mev-one")));
  all.take(report(status("mev-one", { at_ns: `${NOW - 9_000}000000` })));
  assert.equal(checks, 1);
});

Deno.test("reports that are not a status of their agent, or are of another time, are left out", () => {
  const { fleet: all } = fleet();
  for (
    const bytes of [
      new Uint8Array([0xff, 0xff]),
      report(null),
      report([]),
      report(status("mev-one"), { instance: "mev-two" }),
      report(status("mev-one"), { module: "arbitrage" }),
      report(status("mev-one", { policy: {} as AgentStatus["policy"] })),
      report(status("mev-one", { at_ns: "soon" })),
      report(status("mev-one", { at_ns: `${NOW + 61_000}000000` })),
      report(status("mev-one", { at_ns: `${NOW - 86_400_001}000000` })),
      report(status("mev-one"), { statusJson: new TextEncoder().encode("{") }),
      report({ ...status("mev-one"), warnings: ["x".repeat(70_000)] }),
    ]
  ) {
    all.take(bytes);
    assert.deepEqual(all.all(), []);
  }
});
