/** Help texts and docs/CLI.md, from the registry. */
import { EXITS } from "../core/platform/exit.ts";
import { type Command, COMMON_FLAGS, type Flag, GROUPS } from "./command.ts";
import { actionsOf } from "./parse.ts";

const flagText = ({ name, value, short }: Flag) =>
  `${short ? `-${short}, ` : ""}--${name}${value ? ` ${value}` : ""}`;

/** The first five verbs that a new user needs, in order of need. */
const FIRST = ["run", "doctor", "explain", "kill", "unkill"];

/** Two columns, the left one padded to the longest. */
function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}

const verbRow = ({ name, args, summary }: Command) => [`${name} ${args}`.trim(), summary] as const;

function grouped(commands: readonly Command[]): string[] {
  const byNeed = ({ name }: Command) => FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length;
  return GROUPS.flatMap((group) => {
    const verbs = commands.filter((command) => command.group === group).sort((a, b) => byNeed(a) - byNeed(b));
    return verbs.length === 0 ? [] : [`${group}:`, ...columns(verbs.map(verbRow)), ""];
  });
}

/** `legend`, `legend help`. */
export function overview(commands: readonly Command[]): string {
  return [
    "legend: the control and data plane of a Solana arbitrage and MEV-sandwich operation",
    "",
    "Usage: legend VERB [WORDS] [FLAGS]",
    "",
    ...grouped(commands),
    "`legend help VERB` shows a verb's flags and examples. MODULE is arbitrage or mev (also arb, sandwich).",
    "Results go to stdout, everything else to stderr; with --json, results are NDJSON.",
    `Exit: ${EXITS.map(({ code, when }) => `${code} ${when.split(":")[0]}`).join(", ")}.`,
    "",
  ].join("\n");
}

/** `legend VERB --help`. */
export function commandHelp(command: Command): string {
  const flags = [...(command.flags ?? []), ...COMMON_FLAGS];
  return [
    `Usage: legend ${command.name} ${command.args} [FLAGS]`.replace("  ", " "),
    "",
    command.summary,
    "",
    ...columns(flags.map((flag) => [flagText(flag), flag.doc])),
    ...(command.details ? ["", ...command.details] : []),
    "",
    "Examples:",
    ...command.examples.map((line) => `  ${line}`),
    "",
  ].join("\n");
}

/** `legend help topics`: the actions on one kind of thing. */
export function actionsHelp(first: string, commands: readonly Command[]): string {
  const actions = actionsOf(first, commands);
  return [
    `Usage: legend ${first} ${actions.map(({ name }) => name.split(" ")[1]).join("|")} [WORDS] [FLAGS]`,
    "",
    ...columns(actions.map(verbRow)),
    "",
    `For flags and examples: \`legend help ${actions[0]!.name}\`.`,
    "",
  ].join("\n");
}

/** docs/CLI.md. */
export function commandDocs(commands: readonly Command[]): string {
  const sections = commands.map((command) =>
    `## legend ${command.name}\n\n\`\`\`text\n${commandHelp(command)}\`\`\`\n`
  );
  const exits = EXITS.map(({ code, when }) => `| ${code} | ${when} |\n`).join("");
  return `# Command line\n\nWritten by \`deno task gen\` from cli/registry.ts.\n\n\`\`\`text\n${
    overview(commands)
  }\`\`\`\n\n## Exit codes\n\n| code | when |\n| --- | --- |\n${exits}\n${sections.join("\n")}`;
}
