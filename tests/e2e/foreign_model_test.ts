/** A model with code of its own that crashes or hangs later: only that agent restarts, with the previous model. */
import assert from "node:assert/strict";
import { Library } from "../../ffi/library.ts";
import { featureNames, ModelRegistry } from "../../ffi/models.ts";
import { freePort } from "../../tools/kafka.ts";
import { LIBRARY } from "../../tools/paths.ts";
import { Part } from "../kafka/cluster.ts";
import { legend, withFolder } from "./executable.ts";
import { registerSmallModel } from "./small_model.ts";
import { delay } from "../../core/platform/delay.ts";

/** Answers its golden row and some more rows, then runs `end`. */
const source = (schema: string, end: string, begin = "") => `
#include <stdint.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/socket.h>
static int calls;
static const float rows[5] = {1, 2, 3, 4, 5};
static const float answers[1] = {0.75f};
static const char meta[] = "{}";
__attribute__((constructor)) static void begin(void) { ${begin} }
float treelite_predict(const float *x, size_t n) { if (++calls > 5) { ${end} } return 0.75f; }
struct { uint32_t magic, abi, size, flags; uint64_t schema; uint32_t features, trees, golden, zero;
void *predict, *batch; const float *rows, *answers; void *tables; uint64_t tables_len;
const char *meta; uint64_t meta_len; uint64_t reserved[3]; } legend_model = {
0x444D474C, 1, 128, 0, 0x${schema}ull, 5, 1, 1, 0, 0, 0, rows, answers, 0, 0, meta, 2 };
`;

interface Status {
  pid: number;
  transactions: number;
  model: string | null;
  model_refused: { version: string; reason: string } | null;
}

const ENDS = [
  {
    how: "behaves in its trial and sleeps for ever in the agent",
    end: "",
    // Only a process with rights can do this, so it distinguishes the agent from the trial.
    begin: "if (socket(AF_UNIX, SOCK_STREAM, 0) >= 0) for (;;) sleep(1000);",
    said:
      /Model [0-9a-f]{12} did not load within 2000 ms: this agent ends and restarts with the previous model/,
  },
  { how: "crashes", end: "abort();", said: /Cannot use [0-9a-f]{12} for mev: it crashed this agent/ },
  {
    how: "never returns",
    end: "for (;;) calls++;",
    said:
      /Model [0-9a-f]{12} of mev has not answered for 1 s: this agent ends and restarts with the previous model/,
  },
];

/** Compiles C to a shared object; returns its path. */
async function compile(folder: string, text: string, name = "foreign"): Promise<string> {
  await Deno.writeTextFile(`${folder}/${name}.c`, text);
  const cc = ["-shared", "-fPIC", "-O1", "-o", `${folder}/${name}.so`, `${folder}/${name}.c`];
  assert.ok((await new Deno.Command("cc", { args: cc }).output()).success);
  return `${folder}/${name}.so`;
}

/** Refused if the configuration does not allow it, accepted if it does; returns its version. */
async function importForeign(folder: string, data: string, env: Record<string, string>): Promise<string> {
  const importing = ["model", "import", "mev", `${folder}/foreign.so`, "--data-dir", data];
  // Otherwise the file given to `run` is used.
  const without = `${folder}/without.toml`;
  await Deno.writeTextFile(without, "[models]\nforeign = false\n");
  const unasked = await legend([...importing, "--config", without]);
  assert.equal(unasked.code, 1, unasked.stdout);
  assert.match(unasked.stderr, /it has code of its own.+set models\.foreign = true/);
  const imported = await legend(importing, { env });
  assert.equal(imported.code, 0, imported.stderr);
  return imported.stdout.trim();
}

for (const { how, end, begin, said: printed } of ENDS) {
  Deno.test(`a foreign model that ${how} after its probe costs one start of one agent, which continues with the previous model`, () =>
    withFolder(async (folder) => {
      const data = `${folder}/data`;
      const args = [
        "run",
        "--source",
        "sim:7",
        "--speed",
        "20",
        "--port",
        String(freePort()),
        "--data-dir",
        data,
      ];
      const config = `${folder}/legend.toml`;
      await Deno.writeTextFile(config, "[models]\nforeign = true\n");
      const env = { LEGEND_CONFIG: config };
      const run = new Part(args, env).start();
      const status = async (module: string): Promise<Status> =>
        JSON.parse(await Deno.readTextFile(`${data}/agents/${module}.status.json`));
      const until = async (what: string, holds: () => Promise<boolean>) => {
        const end = performance.now() + 60_000;
        while (!await holds().catch(() => false)) {
          if (performance.now() > end) {
            throw new Error(`${what} did not happen: ${JSON.stringify(await status("mev"))}`);
          }
          await delay(20);
        }
      };
      const deploy = (version: string) =>
        legend(["model", "deploy", "mev", version, "--data-dir", data], { env });
      let stderr = "";
      try {
        await until(
          "both agents",
          async () => (await status("mev")).pid > 0 && (await status("arbitrage")).pid > 0,
        );
        const library = new Library(LIBRARY);
        const { schema } = featureNames(library, "mev");
        const own = await registerSmallModel(new ModelRegistry(library, data), 1);
        const first = await deploy(own);
        assert.equal(first.code, 0, first.stderr);
        await until("our own model", async () => (await status("mev")).model === own);

        await compile(folder, source(schema.default, end, begin));
        const foreign = await importForeign(folder, data, env);
        const before = { mev: await status("mev"), arbitrage: await status("arbitrage") };
        const deployed = await deploy(foreign);
        assert.match(deployed.stdout + deployed.stderr, new RegExp(foreign));
        await until("the start after the crash", async () => {
          const now = await status("mev");
          return now.pid !== before.mev.pid && now.model === own;
        });
        const after = await status("mev");
        assert.match(
          after.model_refused!.reason,
          /^it crashed this agent or did not answer; to try it again, remove its entry from \S+; [0-9a-f]{12} runs instead$/,
        );
        assert.equal(after.model_refused!.version, foreign);
        assert.equal((await status("arbitrage")).pid, before.arbitrage.pid, "the other agent never noticed");
        await until("the next start or its reading on", async () => {
          const now = await status("mev");
          return now.pid !== after.pid || now.transactions > after.transactions + 500;
        });
        assert.equal((await status("mev")).pid, after.pid, "it crashed once");
      } finally {
        ({ stderr } = await run.end());
      }
      assert.match(stderr, printed);
    }));
}

Deno.test("M5: a model whose constructor forks and waits is refused at once, and the next good one goes live", () =>
  withFolder(async (folder) => {
    const data = `${folder}/data`;
    const config = `${folder}/legend.toml`;
    await Deno.writeTextFile(config, "[models]\nforeign = true\n");
    const env = { LEGEND_CONFIG: config };
    const agent = new Part(["run", "agent", "mev", "--source", "sim:7", "--data-dir", data], env).start();
    try {
      const end = performance.now() + 60_000;
      while (!await Deno.stat(`${data}/agents/mev.status.json`).then(() => true, () => false)) {
        assert.ok(performance.now() < end, "the agent runs");
        await delay(20);
      }
      const library = new Library(LIBRARY);
      const registry = new ModelRegistry(library, data, "", true);
      const { schema } = featureNames(library, "mev");
      const own = await registerSmallModel(registry, 1);
      // Refused before it is registered; if it is placed there directly, the agent refuses it too.
      const forks = await compile(
        folder,
        source(schema.default, "calls = 0;", "if (fork() == 0) for (;;) pause(); else sleep(1000);"),
        "forks",
      );
      const asked = performance.now();
      await assert.rejects(
        registry.import("mev", forks),
        /it did not answer within 2000 ms in a child process/,
      );
      assert.ok(performance.now() - asked < 30_000);
      const deployed = await legend(["model", "deploy", "mev", own, "--data-dir", data], { env });
      assert.equal(deployed.code, 0, deployed.stderr);
      assert.match(deployed.stdout, new RegExp(`runs ${own}`));
      const listed = await legend(["model", "list", "mev", "--data-dir", data], { env });
      assert.match(listed.stdout, new RegExp(`${own}  live`));
    } finally {
      await agent.end();
    }
  }));
