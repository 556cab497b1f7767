import { EXIT } from "../core/platform/exit.ts";
import { type VerbBody } from "./command.ts";

export const completions: VerbBody = {
  run({ args: [shell] }, context) {
    if (shell === "bash") context.out(BASH);
    else if (shell === "zsh") {
      context.out(`#compdef legend\nautoload -U +X bashcompinit && bashcompinit\n${BASH}`);
    } else context.out(FISH);
    return EXIT.done;
  },
};

// The executable itself knows the candidates: cli/complete.ts.
const BASH = `_legend() {
  local IFS=$'\\n'
  local words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  COMPREPLY=($(compgen -W "$("\${COMP_WORDS[0]}" __complete "\${words[@]}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _legend legend
`;

const FISH =
  `complete -c legend -a '(legend __complete (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
`;
