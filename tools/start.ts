/** `deno task start`: builds what is missing, then runs `legend run` in paper mode on the simulated chain. */
import { build } from "./build.ts";
import { exec, say, task } from "./command.ts";
import { LIBRARY, ROOT } from "./paths.ts";
import { DENO } from "./pins.ts";
import { RUNTIME_FLAGS } from "./runtime_flags.ts";

await task(async () => {
  await build({ quick: true });
  const flags = RUNTIME_FLAGS.map((flag) =>
    flag.replace("{LIBRARY}", LIBRARY).replace("{EXE}", Deno.execPath())
  );
  say(
    `the simulated chain runs in paper mode until Ctrl-C; in another terminal, with npx -y deno@${DENO.version} task legend …`,
  );
  say("the addresses of the page and of its first login are below (--port sets another port)");
  say("  topics tail arbitrage-decisions-proto --follow    what the agents decide");
  say("  explain --why-not                                 why they did not");
  say("  kill                                              and unkill mev, control mev policy --ev-min 0.01");
  const words = ["run", "-q", ...flags, `${ROOT}/main.ts`, "run", "--source", "sim", ...Deno.args];
  const { code } = await exec(Deno.execPath(), words);
  if (code !== 0) Deno.exit(code);
});
