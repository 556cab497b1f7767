/** `deno task start`: builds what is missing, then runs the main job and says what to try next. */
import { build } from "./build.ts";
import { exec, say, task } from "./command.ts";
import { LIBRARY, ROOT, SHARED } from "./paths.ts";
import { RUNTIME_FLAGS } from "./runtime_flags.ts";

const exists = (path: string) => Deno.stat(path).then(() => true, () => false);

await task(async () => {
  await build();
  const captured = [`${SHARED}/blocks`, `${SHARED}/executed/blocks`];
  const found = (await Promise.all(captured.map(exists))).every(Boolean);
  const paths = found ? captured : [`${ROOT}/examples`];
  if (!found) say("no captured chain data beside this checkout: using the example in examples/");
  const flags = RUNTIME_FLAGS.map((flag) =>
    flag.replace("{LIBRARY}", LIBRARY).replace("{EXE}", Deno.execPath())
  );
  const sources = paths.flatMap((path) => ["--source", `file:${path}`]);
  const { code } = await exec(Deno.execPath(), [
    "run",
    "-q",
    ...flags,
    `${ROOT}/main.ts`,
    "run",
    ...sources,
    ...Deno.args,
  ]);
  if (code !== 0) Deno.exit(code);
  say(
    "try next: npx -y deno@2.9.6 task legend topics tail arbitrage-decisions-proto   (or decision-evidence)",
  );
});
