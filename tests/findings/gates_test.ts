/** The gates that a searcher sets first: changed while agents run, counted, shown, and kept over a restart. */
import assert from "node:assert/strict";
import type { AgentStatus } from "../../core/control/control.ts";
import { legend, lines, withFolder } from "../e2e/executable.ts";
import { Installation, until } from "./kill.ts";

/** More than any pool of the simulator holds. */
const DEEP_SOL = 1_000_000;

/** The policy is in force, and the term has refused since. */
const refusedBy = (installation: Installation, module: "arbitrage" | "mev", term: string) => {
  const before = installation.status(module)?.why_not[term] ?? 0;
  return until(() => {
    const status = installation.status(module);
    return status && (status.why_not[term] ?? 0) > before && status;
  }, `${module} refusing by ${term}`);
};

/** Nothing passes while the agent finds more. */
async function nothingPasses(installation: Installation, from: AgentStatus): Promise<void> {
  const last = await until(() => {
    const status = installation.status(from.module);
    return status && status.candidates > from.candidates + 20 && status;
  }, `${from.module} finding more`);
  assert.equal(last.passed, from.passed, JSON.stringify(last.why_not));
}

/** A value that is invalid for every gate is a usage error. */
async function wrongGatesAreRefused(at: readonly string[]): Promise<void> {
  for (
    const [words, printed] of [
      [["--pools-deny", "x"], /Cannot use --pools-deny x: need addresses in base58/],
      [["--mint-refuse", "frost"], /Cannot use --mint-refuse frost/],
      [["--liquidity-min=-1"], /Cannot use --liquidity-min -1/],
      [["--unknown", "maybe"], /--unknown cannot be `maybe`, need one of refuse, pass/],
    ] as const
  ) {
    const { code, stderr } = await legend(["control", "mev", "policy", ...words, ...at]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, printed);
  }
}

/** By the API; an invalid address is refused. */
async function poolsOfTheEvidenceAreDenied(installation: Installation, at: readonly string[]): Promise<void> {
  const { stdout } = await legend([
    "topics",
    "tail",
    "decision-evidence",
    "--from",
    "start",
    "--limit",
    "5000",
    ...at,
  ]);
  const hops = lines<{ data: { kind: string; hops?: { pool: string }[] } }>(stdout)
    .flatMap(({ data }) => data.kind === "open_sandwich" ? data.hops! : []);
  const pools = [...new Set(hops.map(({ pool }) => pool))];
  assert.ok(pools.length > 0, stdout.slice(0, 2_000));
  const denied = await installation.post("/api/control/module/mev:policy?wait=receipt", {
    pools_deny: pools.slice(0, 32),
  });
  assert.equal(denied.status, 202, denied.text);
  const status = await refusedBy(installation, "mev", "pools_deny");
  assert.deepEqual(new Set(status.policy.pools_deny), new Set(pools.slice(0, 32)));
  const odd = await installation.post("/api/control/module/mev:policy", { pools_deny: ["0"] });
  assert.equal(odd.status, 422, odd.text);
}

Deno.test("gates are changed while agents run, their counters go up, a restart keeps them, explain and status show them", () =>
  withFolder(async (folder) => {
    const data = `${folder}/data`;
    const at = ["--data-dir", data];
    const policy = async (module: string, ...words: string[]) => {
      const { code, stdout, stderr } = await legend(["control", module, "policy", ...words, ...at]);
      assert.equal(code, 0, `${words.join(" ")}: ${stdout}${stderr}`);
    };
    await Installation.start(data, async (installation) => {
      await wrongGatesAreRefused(at);

      await policy("arbitrage", "--liquidity-min", String(DEEP_SOL));
      const shallow = await refusedBy(installation, "arbitrage", "liquidity_min");
      assert.equal(shallow.policy.liquidity_min, DEEP_SOL);
      await nothingPasses(installation, shallow);

      // No snapshot contains the simulator's mints: unknown mints are refused, and pass when the operator allows it.
      await policy("mev", "--mint-refuse", "freeze,delegate,hook,fee");
      const unknown = await refusedBy(installation, "mev", "mint_unknown");
      assert.deepEqual(unknown.policy.mint_refuse, ["freeze", "delegate", "hook", "fee"]);
      await nothingPasses(installation, unknown);
      await policy("mev", "--unknown", "pass");
      await until(
        () => (installation.status("mev")?.passed ?? 0) > unknown.passed,
        "unknown mints passing",
      );
      const passing = installation.status("mev")!;
      for (const term of ["mint_freeze", "mint_delegate", "mint_hook", "mint_fee"]) {
        assert.equal(passing.why_not[term], 0, term);
      }

      await poolsOfTheEvidenceAreDenied(installation, at);
    });

    await Installation.start(data, async (installation) => {
      const kept = await refusedBy(installation, "arbitrage", "liquidity_min");
      assert.equal(kept.policy.liquidity_min, DEEP_SOL);
      await nothingPasses(installation, kept);
      const mev = installation.status("mev")!.policy;
      assert.deepEqual([mev.unknown, mev.mint_refuse?.length, mev.pools_deny!.length > 0], ["pass", 4, true]);
      const explained = await legend(["explain", ...at]);
      assert.match(explained.stdout + explained.stderr, /.+/);
      const why = await legend(["explain", "--why-not", ...at]);
      assert.match(why.stdout, new RegExp(`^ {2}gate liquidity_min ${DEEP_SOL} SOL$`, "m"));
      assert.match(why.stdout, /^ {2}gate unknown pass$/m);
      assert.match(why.stdout, /^ {2}liquidity_min +refused [1-9]/m);
      await policy("arbitrage", "--liquidity-min", "0");
      await until(
        () => (installation.status("arbitrage")?.passed ?? 0) > kept.passed,
        "opportunities passing without the gate",
      );
    });
  }));
