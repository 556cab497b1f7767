/** Summary of what agents over the same source did: as lines for people, and as one JSON object. */
import type { AgentStatus } from "../core/control/control.ts";
import { sourceLine } from "../core/decisions/funnel.ts";

/** What agents over the same source did, in lines. */
export function summary(agents: readonly AgentStatus[]): string {
  const [first] = agents as [AgentStatus];
  const sum = (of: (status: AgentStatus) => number) =>
    agents.reduce((total, status) => total + of(status), 0);
  const odd = [
    [first.unknown_version, "of an unknown version"],
    [first.malformed, "malformed"],
    [first.unresolved_swaps, "swaps not resolved"],
    [first.missed_swaps ?? 0, "calls that look like swaps but could not be read"],
    [first.repeated ?? 0, "seen before"],
    [first.unremembered ?? 0, "not checked for repeats: too many in one slot"],
  ].filter(([count]) => count).map(([count, what]) => `, ${count} ${what}`).join("");
  const found = `${sum((s) => s.arbitrage)} arbitrages, ${sum((s) => s.sandwich)} sandwiches, ` +
    `${sum((s) => s.wide_sandwich)} wide sandwiches`;
  const open = `${sum((s) => s.candidates)} opportunities, ${sum((s) => s.passed)} passed the gate`;
  const published = `${sum((s) => s.published)} envelopes, ${sum((s) => s.evidence)} evidence records`;
  return [
    `source     ${sourceLine(agents)}; paper: nothing was submitted`,
    `read       ${first.blocks} blocks, ${first.transactions} transactions (${first.failed} failed, ${first.votes} votes${odd}), ${first.legs} legs`,
    `found      ${found}; ${open}`,
    `published  ${published}; ${sum((s) => s.already_logged)} were already on the log`,
  ].join("\n");
}

/** The agents read the same source: what was read counts once, what each agent produced is summed. */
export function merged(statuses: readonly AgentStatus[]): Record<string, unknown> {
  const [first] = statuses as [AgentStatus];
  const made = [
    "arbitrage",
    "sandwich",
    "wide_sandwich",
    "open_arbitrage",
    "open_sandwich",
    "candidates",
    "passed",
    "published",
    "already_logged",
    "evidence",
    "outcomes",
    "unpublished",
    "dropped",
    "outcomes_untold",
  ] as const;
  const sums = Object.fromEntries(
    made.map((name) => [name, statuses.reduce((sum, status) => sum + status[name], 0)]),
  );
  const why_not = Object.fromEntries(
    Object.keys(first.why_not).map((term) => [
      term,
      statuses.reduce((sum, status) => sum + (status.why_not[term] ?? 0), 0),
    ]),
  );
  const { state, error, mode, source, files, blocks, transactions, failed, votes, pending } = first;
  const { malformed, unknown_version, legs, unresolved_swaps, missed_swaps } = first;
  const warnings = [...new Set(statuses.flatMap(({ warnings }) => warnings))];
  const read = { files, blocks, transactions, failed, votes, pending, malformed, unknown_version, legs };
  return { state, error, mode, source, warnings, ...read, unresolved_swaps, missed_swaps, ...sums, why_not };
}
