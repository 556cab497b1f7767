/** `/metrics` as a scraper reads it. */
import assert from "node:assert/strict";
import type { AgentStatus } from "../../core/control/control.ts";
import { bearer, withServer } from "./server.ts";

const AGENT = {
  module: "mev",
  instance: "mev-1",
  mode: "paper",
  source: { class: "sim", name: 'a "simulated" chain' },
  candidates: 11,
  dropped: 12,
  evidence: 13,
  killed: true,
  legs: 14,
  malformed: 15,
  passed: 16,
  published: 17,
  slot: 18,
  policy: { throttle_pct: 19 },
  transactions: 20,
  why_not: { ev_min: 21, killed: 22 },
  missed_by_program: [
    { program: "P1", dex: null, tag: "00ff", count: 23, example: "S1" },
    { program: "P2", dex: "meteora_dbc", tag: "01", count: 24 },
  ],
  tip_services: [{ service: "jito", payments: 25, lamports: "26" }],
  tip_candidates: 27,
  tip_candidate_accounts: [{ account: "A1", payers: 28, payments: 29, lamports: "30" }],
};
const FLOW = {
  link: {
    waiting: 31,
    trouble: "Kafka cannot be reached",
    topics: [{ topic: "a", shipped: "32", lost: "33" }],
  },
  sink: {
    trouble: null,
    topics: [{ topic: "b", records: "34", rows: "35", dead: "36", duplicates: "37", lag: "38", lost: "39" }],
  },
};

/** Every sample by its name and labels, in the exposition format; each must come after its own HELP and TYPE. */
function samples(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  const types = new Map<string, string>();
  const helps = new Set<string>();
  for (const line of text.trimEnd().split("\n")) {
    const head = /^# (HELP|TYPE) (legend_[a-z_]+) (\S.*)$/.exec(line);
    if (head) {
      const [, what, name, rest] = head;
      if (what === "HELP") {
        assert.ok(!helps.has(name!), `${name} is described twice`);
        helps.add(name!);
      } else {
        assert.ok(rest === "counter" || rest === "gauge", line);
        types.set(name!, rest!);
      }
      continue;
    }
    const sample = /^(legend_[a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)+)\})? (-?\d+(?:\.\d+)?)$/
      .exec(line);
    assert.ok(sample, `no sample: ${line}`);
    const [, name, labels = "", value] = sample;
    assert.ok(types.has(name!) && helps.has(name!), `${name} has no HELP and TYPE before it`);
    assert.equal(types.get(name!) === "counter", name!.endsWith("_total"), `${name}: ${types.get(name!)}`);
    const key = labels ? `${name}{${labels}}` : name!;
    assert.ok(!(key in found), `${key} stands twice`);
    found[key] = value!;
  }
  return found;
}

Deno.test("/metrics has each figure once, under its name, with HELP and TYPE before it", () =>
  withServer(async ({ call, deps, person }) => {
    const { token } = await person("viewer");
    for (let n = 0; n < 3; n++) await deps.audit({ who: "a test", action: "nothing" });
    const answer = await call("GET", "/metrics", { headers: bearer(token) });
    assert.match(answer.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
    const own = 'module="mev",instance="mev-1"';
    assert.deepEqual(samples(await answer.text()), {
      legend_audit_entries_total: "3",
      [`legend_agent_candidates_total{${own}}`]: "11",
      [`legend_agent_dropped_total{${own}}`]: "12",
      [`legend_agent_evidence_total{${own}}`]: "13",
      [`legend_agent_killed{${own}}`]: "1",
      [`legend_agent_legs_total{${own}}`]: "14",
      [`legend_agent_malformed_total{${own}}`]: "15",
      [`legend_agent_passed_total{${own}}`]: "16",
      [`legend_agent_published_total{${own}}`]: "17",
      [`legend_agent_slot{${own}}`]: "18",
      [`legend_agent_throttle_pct{${own}}`]: "19",
      [`legend_agent_transactions_total{${own}}`]: "20",
      'legend_agent_status_unreadable{module="arbitrage"}': "1",
      [`legend_source_info{${own},class="sim",name="a \\"simulated\\" chain",mode="paper"}`]: "1",
      [`legend_agent_refused_total{${own},term="ev_min"}`]: "21",
      [`legend_agent_refused_total{${own},term="killed"}`]: "22",
      [`legend_agent_missed_swaps_total{${own},dex="unknown:P1",tag="00ff"}`]: "23",
      [`legend_agent_missed_swaps_total{${own},dex="meteora_dbc",tag="01"}`]: "24",
      [`legend_agent_tips_total{${own},service="jito"}`]: "25",
      [`legend_agent_tip_lamports_total{${own},service="jito"}`]: "26",
      [`legend_agent_tip_candidates{${own}}`]: "27",
      [`legend_agent_tip_candidate_payers{${own},account="A1"}`]: "28",
      legend_link_waiting: "31",
      legend_link_trouble: "1",
      legend_sink_trouble: "0",
      'legend_link_shipped_total{topic="a"}': "32",
      'legend_link_lost_total{topic="a"}': "33",
      'legend_sink_records_total{topic="b"}': "34",
      'legend_sink_rows_total{topic="b"}': "35",
      'legend_sink_dead_total{topic="b"}': "36",
      'legend_sink_duplicates_total{topic="b"}': "37",
      'legend_sink_lag{topic="b"}': "38",
      'legend_sink_lost_total{topic="b"}': "39",
      legend_realtime_connections: "0",
      legend_api_connections: "41",
      legend_api_connections_max: "42",
      'legend_api_connections_shut_total{reason="idle"}': "43",
    });
  }, {
    ownAgents: () => [AGENT as unknown as AgentStatus],
    unreadableAgents: () => [{ module: "arbitrage", reason: "damaged" }] as never,
    flow: () => FLOW as never,
    connections: {
      stream: () => {},
      status: () => ({ connections: 41, connections_max: 42, shut: { idle: 43 } }) as never,
    },
  }));

Deno.test("a status file that is damaged in any field leaves /metrics readable, and yields no figure that it does not have", () =>
  withServer(async ({ call, folder, person }) => {
    const { token } = await person("viewer");
    const policy = {
      throttle_pct: 19,
      tip_ladder: [],
      pools_deny: "all",
      mint_refuse: [1],
      unknown: "maybe",
    };
    const whole = { ...AGENT, at_ns: "1", policy_hash: "", policy };
    const row = { program: "P", dex: 'a"} 1\nlegend_x{y="', tag: "\\", count: 1 };
    const damaged: [string, unknown][] = [
      ...[{}, "text", [null], [3], [{ ...row, count: "many" }], [{ ...row, dex: 3 }], [{
        ...row,
        example: 3,
      }]].map((
        rows,
      ): [string, unknown] => [
        "missed_by_program",
        rows,
      ]),
      ["missed_by_program", [row]],
      ["tip_services", [{ service: 3, payments: 1, lamports: "1" }]],
      ["tip_services", [{ service: "jito", payments: 1, lamports: "many" }]],
      ["tip_candidates", "many"],
      ["tip_candidate_accounts", [{ account: "A", payers: "many", payments: 1, lamports: "1" }]],
      ["tip_candidate_accounts", [null]],
      ["source", { class: "sim", name: 3 }],
      ["source", "text"],
      ["mode", { a: 1 }],
      ["candidates", "many"],
      ["candidates", null],
      ["why_not", { ev_min: "many", 'x"} 1': 2 }],
      ["instance", 'm"\\\n1'],
    ];
    await Deno.mkdir(`${folder}/agents`, { recursive: true });
    for (const [field, value] of damaged) {
      const label = `${field}: ${JSON.stringify(value)}`;
      await Deno.writeTextFile(
        `${folder}/agents/mev.status.json`,
        JSON.stringify({ ...whole, [field]: value }),
      );
      const answer = await call("GET", "/metrics", { headers: bearer(token) });
      const text = await answer.text();
      assert.equal(answer.status, 200, label);
      const found = samples(text);
      assert.ok(Object.keys(found).some((name) => name.startsWith("legend_agent_slot")), label);
      assert.doesNotMatch(text, /undefined|null|many|NaN|\[object/, label);
      assert.ok(!("legend_x" in found), label);
      const agents = await (await call("GET", "/api/agents", { headers: bearer(token) })).json();
      for (const { policy } of agents.agents) {
        assert.deepEqual(Object.keys(policy).sort(), ["throttle_pct", "tip_ladder"], label);
      }
    }
  }));
