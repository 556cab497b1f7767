import { CONTRACT, type ContractHome } from "../tests/log_contract.ts";
import { LIBRARY, ROOT } from "../tools/paths.ts";
import { Library } from "./library.ts";
import { EmbeddedLog } from "./log.ts";

const library = new Library(LIBRARY);

for (const [name, run] of CONTRACT) {
  Deno.test(`EmbeddedLog ${name}`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "legend-log-" });
    const home: ContractHome = {
      name: "embedded",
      open: () => new EmbeddedLog(library, folder),
      spawn: (words) =>
        new Deno.Command(Deno.execPath(), {
          args: ["run", "-A", "-q", `${ROOT}/tests/log_process.ts`, `embedded:${folder}`, ...words],
          stdout: "piped",
        }).spawn(),
      smallRetention: true,
    };
    try {
      await run(home, "topic");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
