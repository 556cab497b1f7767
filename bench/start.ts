/** The executable: warm start against plain `deno run` of the same bundle, its processor time, and its size. */
import { must } from "../tools/command.ts";
import { EXECUTABLE, ROOT } from "../tools/paths.ts";
import { type BenchRow, median } from "./bench.ts";

const STARTS = 31;
const SIZE_LIMIT_BYTES = 45e6;
/** Processor time that any verb may use before it does anything. */
const CPU_LIMIT_SECONDS = 0.12;

export async function startBench(): Promise<BenchRow[]> {
  await must(`${ROOT}/compile.sh`, ["--slim"]);
  const cache = await Deno.makeTempDir();
  try {
    const env = { LEGEND_CACHE_DIR: cache };
    await must(EXECUTABLE, ["version"], { env, capture: true });
    const runtime = [...Deno.readDirSync(cache)].find(({ isDirectory }) => isDirectory)!.name;
    const root = `${cache}/${runtime}`;
    const flags = (await Deno.readTextFile(`${root}/flags`)).trim().split("\n");
    const plain = flags.map((flag) => flag.replaceAll("{ROOT}", root).replaceAll("{EXE}", EXECUTABLE));
    const peerEnv = { LEGEND_ROOT: root, DENO_DIR: `${root}/.deno` };
    const [ours, theirs]: [number[], number[]] = [[], []];
    for (let at = 0; at < STARTS; at++) {
      ours.push(await seconds(EXECUTABLE, ["version"], env));
      theirs.push(await seconds(Deno.execPath(), [...plain, `${root}/app/main.js`, "version"], peerEnv));
    }
    const cpu = await Promise.all([cpuSeconds(["version"], env), cpuSeconds(["help"], env)]);
    const [value, peer_value] = [median(ours) * 1000, median(theirs) * 1000];
    const { size } = await Deno.stat(EXECUTABLE);
    return [
      {
        name: "warm_start",
        value,
        unit: "ms",
        peer: "deno run",
        peer_value,
        ratio: value / peer_value,
        figure: { better: "lower", limit: 1.15 },
      },
      ...["version", "help"].map((verb, at): BenchRow => ({
        name: `cpu_of_${verb}`,
        value: cpu[at]! * 1000,
        unit: "ms of processor time",
        ratio: cpu[at]! / CPU_LIMIT_SECONDS,
        figure: { better: "lower", limit: 1 },
      })),
      {
        name: "slim_size",
        value: size / 1e6,
        unit: "MB",
        ratio: size / SIZE_LIMIT_BYTES,
        figure: { better: "lower", limit: 1 },
      },
    ];
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
}

/** User and system time of the executable with these arguments: the median of several starts. */
async function cpuSeconds(args: string[], env: Record<string, string>): Promise<number> {
  const times: number[] = [];
  for (let at = 0; at < STARTS; at++) {
    const script = `TIMEFORMAT='%U %S'; time "$0" "$@" > /dev/null`;
    const { stderr } = await new Deno.Command("bash", { args: ["-c", script, EXECUTABLE, ...args], env })
      .output();
    const [user, system] = new TextDecoder().decode(stderr).trim().split(" ").map(Number);
    times.push(user! + system!);
  }
  return median(times);
}

async function seconds(program: string, args: string[], env: Record<string, string>): Promise<number> {
  const begin = performance.now();
  await must(program, args, { env, capture: true });
  return (performance.now() - begin) / 1000;
}
