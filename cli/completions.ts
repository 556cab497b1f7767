import { COMMON_FLAGS, EXIT, type VerbBody } from "./command.ts";
import { COMMANDS } from "./registry.ts";

export const completions: VerbBody = {
  run({ args }, context) {
    const [shell] = args;
    if (shell === "bash") context.out(bash());
    else if (shell === "zsh") {
      context.out(`#compdef legend\nautoload -U +X bashcompinit && bashcompinit\n${bash()}`);
    } else context.out(fish());
    return EXIT.done;
  },
};

function bash(): string {
  const words = new Map<string, Set<string>>([["", new Set()]]);
  const add = (key: string, word: string) => words.set(key, (words.get(key) ?? new Set()).add(word));
  for (const { name, flags = [] } of COMMANDS) {
    const [verb, action] = name.split(" ") as [string, string?];
    add("", verb);
    if (action) add(verb, action);
    for (const flag of [...flags, ...COMMON_FLAGS]) add(name, `--${flag.name}`);
  }
  const cases = [...words].map(([key, list]) => `    "${key}") words="${[...list].join(" ")}" ;;`);
  return [
    "_legend() {",
    "  local words key",
    '  local current="${COMP_WORDS[COMP_CWORD]}"',
    '  key="${COMP_WORDS[*]:1:$((COMP_CWORD - 1))}"; key="${key%% --*}"',
    '  case "$key" in',
    ...cases,
    '    *) key="${COMP_WORDS[1]}"; words="" ;;',
    "  esac",
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    "}",
    "complete -o default -F _legend legend",
    "",
  ].join("\n");
}

function fish(): string {
  const lines = COMMANDS.map(({ name, summary, flags = [] }) => {
    const [verb, action] = name.split(" ") as [string, string?];
    const inside = `__fish_seen_subcommand_from ${verb}`;
    const own = action
      ? `complete -c legend -n '${inside}' -a ${action} -d '${summary}'\ncomplete -c legend -n __fish_use_subcommand -a ${verb}`
      : `complete -c legend -n __fish_use_subcommand -a ${verb} -d '${summary}'`;
    const options = flags.map((flag) =>
      `complete -c legend -n '${inside}' -l ${flag.name} -d '${flag.doc.replaceAll("'", "")}'`
    );
    return [own, ...options].join("\n");
  });
  return `${lines.join("\n")}\n`;
}
