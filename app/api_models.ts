/** What the API does with models: list, deploy, import, compare, report. */
import type { Act } from "../core/audit/entry.ts";
import { kafkaOf } from "../core/config/kafka.ts";
import type { ModuleName } from "../core/control/control.ts";
import type { MetricsView } from "../core/decisions/metrics.ts";
import { deployModel } from "../core/models/deploy.ts";
import type { ModelEvents } from "../core/models/model_events.ts";
import { drawReport } from "../core/models/model_report.ts";
import { compareShadow } from "../core/models/shadow.ts";
import { AppError } from "../core/platform/errors.ts";
import type { Store } from "../core/store/client.ts";
import { judge, type ModelRegistry } from "../ffi/models.ts";
import type { ApiDeps } from "../routes/deps.ts";
import type { ApiAgents } from "./api_agents.ts";
import type { Context } from "./context.ts";
import { registryOf } from "./registry.ts";

interface Parts {
  readonly store: Store;
  readonly metrics: MetricsView;
  readonly events: ModelEvents;
  readonly isSigned: ApiAgents["isSigned"];
  audit(act: Act): Promise<void>;
}

/** The models of this installation, as the routes see them. */
export function modelsOf(context: Context, parts: Parts): ApiDeps["models"] {
  const { store, metrics, events, isSigned, audit } = parts;
  const registry = registryOf(context);
  const score = (labels: Parameters<typeof judge>[1], scores: Parameters<typeof judge>[2]) =>
    judge(context.library(), labels, scores);
  return {
    list: (module) => events.withHistory(registry.list(module)),
    deploy: (live) => {
      const seenAgents = (module: ModuleName) => metrics.instances(module);
      const cluster = kafkaOf(context.config()) !== null;
      const { signal } = context;
      return deployModel(
        { registry, audit, log: context.log(), isSigned, signal, cluster, seenAgents },
        live,
      );
    },
    import: (module, file) => importModel(registry, context.dataDir().path, module, file),
    compare: (module, hours, signal) => compareShadow(store, score, module, hours, signal),
    shadow: (module, version) => registry.select(module, "shadow", version),
    report: (module, version, theme) => {
      const manifest = registry.list(module).models.find((model) => model.version === version);
      return manifest ? drawReport(manifest, theme) : null;
    },
  };
}

/** The right to swap a model gives no right to read other files of this host. Throws `forbidden`. */
async function importModel(
  registry: ModelRegistry,
  dataDir: string,
  module: ModuleName,
  file: string,
): Promise<string> {
  const real = await Deno.realPath(file).catch(() => "");
  if (!real.startsWith(`${await Deno.realPath(dataDir)}/models/`)) {
    throw new AppError("forbidden", `Cannot take ${file}: need a file below models/ of the data folder`);
  }
  return (await registry.import(module, real)).version;
}
