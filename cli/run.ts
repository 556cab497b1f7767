import { runHost } from "../app/host.ts";
import { merged, summary } from "./agent_summary.ts";
import type { Invocation, VerbBody } from "./command.ts";
import { sourcesOf, speedFlag } from "./flag_value.ts";

export const run: VerbBody = {
  async run(call, context) {
    const sources = sourcesOf(call);
    speedFlag(call.flags.speed, 1);
    const begin = performance.now();
    const { code, agents } = await runHost(context, {
      sources,
      words: (path) => ({
        agent: passedOn(call, path),
        api: apiFlags(call, path),
        part: configFlags(call, path),
      }),
    });
    if (agents.length === 0) return code;
    const seconds = ((performance.now() - begin) / 1000).toFixed(2);
    context.out(
      call.flags.json
        ? `${JSON.stringify(merged(agents))}\n`
        : `${summary(agents)}\ntook       ${seconds} s\n`,
    );
    return code;
  },
};

function configFlags({ flags }: Invocation, dataDir: string): string[] {
  return [...(typeof flags.config === "string" ? ["--config", flags.config] : []), "--data-dir", dataDir];
}

function apiFlags(call: Invocation, dataDir: string): string[] {
  const { flags } = call;
  const single = ["listen", "port"].flatMap((name) =>
    typeof flags[name] === "string" ? [`--${name}`, flags[name]] : []
  );
  const insecure = flags["insecure-listen"] ? ["--insecure-listen"] : [];
  return [...single, ...insecure, ...configFlags(call, dataDir)];
}

/** The flags that each part needs too. */
function passedOn({ flags, all }: Invocation, dataDir: string): string[] {
  const single = ["accounts", "slot", "speed", "config"].flatMap((name) =>
    typeof flags[name] === "string" ? [`--${name}`, flags[name]] : []
  );
  return [...all("source").flatMap((source) => ["--source", source]), ...single, "--data-dir", dataDir];
}
