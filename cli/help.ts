/** Help texts and docs/CLI.md, from the registry. */
import { type Command, COMMON_FLAGS, type Flag } from "./command.ts";

const flagText = (flag: Flag) => `--${flag.name}${flag.value ? ` ${flag.value}` : ""}`;

/** Two columns, the left one padded to the longest. */
function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}

/** `legend --help`. */
export function overview(commands: readonly Command[]): string {
  return [
    "legend: the control and data plane of a Solana arbitrage and MEV-sandwich operation",
    "",
    "Usage: legend VERB [ARGUMENTS] [FLAGS]",
    "",
    ...columns(commands.map((command) => [`${command.name} ${command.args}`.trim(), command.summary])),
    "",
    "`legend VERB --help` tells the flags. Results go to stdout, all else to stderr.",
    "Exit: 0 done, 1 failed, 2 wrong usage, 3 not ready.",
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
  ].join("\n");
}

/** docs/CLI.md. */
export function commandDocs(commands: readonly Command[]): string {
  const sections = commands.map((command) =>
    `## legend ${command.name}\n\n\`\`\`text\n${commandHelp(command)}\`\`\`\n`
  );
  return `# Command line\n\nWritten by \`deno task gen\` from cli/registry.ts.\n\n\`\`\`text\n${
    overview(commands)
  }\`\`\`\n\n${sections.join("\n")}`;
}
