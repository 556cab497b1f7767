/** Models: lists the registered ones and deploys one. */
import { decimal } from "../core/platform/decimal.ts";
import { z } from "zod";
import { type ModuleName, MODULES } from "../core/control/control.ts";
import { AppError } from "../core/platform/errors.ts";
import { BASELINE, liveBefore } from "../core/models/models.ts";
import { noReport } from "../core/models/model_report.ts";
import { HOURS_MAX } from "../core/models/shadow.ts";
import { deployBody, modelSwapBody, shadowBody } from "../proto/api.ts";
import * as answers from "./answers.ts";
import type { ApiDeps } from "./deps.ts";
import { word } from "./query.ts";
import { principalOf, type Route, route, type RouteContext } from "./route.ts";

const VERSION = /^[0-9a-f]{12}$/;

/** The module that has a version. */
function owner({ models }: ApiDeps, version: string): ModuleName {
  const module = VERSION.test(version)
    ? MODULES.find((module) => models.list(module).models.some((model) => model.version === version))
    : undefined;
  if (!module) {
    throw new AppError("not_found", `Cannot find model ${version}: see GET /api/training/models`);
  }
  return module;
}

/** The module that a body or a version names. */
function moduleOf(deps: ApiDeps, version: string, module: ModuleName | undefined): ModuleName {
  if (version !== BASELINE) {
    const own = owner(deps, version);
    if (module && module !== own) {
      throw new AppError("invalid", `module: ${version} is a model of ${own}, not of ${module}`);
    }
    return own;
  }
  if (!module) {
    throw new AppError("invalid", "module: need arbitrage or mev, since each of them has a baseline");
  }
  return module;
}

/** Deploys a version, and answers with the agents' receipts. */
async function deploy(
  deps: ApiDeps,
  c: RouteContext,
  module: ModuleName,
  version: string,
  action: string,
): Promise<Response> {
  const { name } = principalOf(c);
  const request_id = crypto.randomUUID().replaceAll("-", "");
  const live = { module, version, who: name, action, requestId: request_id };
  const { receipts, silent } = await deps.models.deploy(live);
  const ok = silent.length === 0 && receipts.every(({ applied }) => applied);
  return c.json({ ok, request_id, module, version, receipts, silent }, 202);
}

export function modelRoutes(deps: ApiDeps): Route[] {
  return [
    listModels(deps),
    compareShadow(deps),
    showReport(deps),
    deployModel(deps),
    rollBackModel(deps),
    shadowModel(deps),
    swapModel(deps),
  ];
}

function listModels({ models }: ApiDeps): Route {
  return route({
    method: "GET",
    path: "/api/training/models",
    right: "read",
    summary: "All registered models: lineage, metrics, what is live, pinned or in shadow, what ran when",
    answer: answers.models,
    handle: (c) => c.json({ modules: MODULES.map((module) => models.list(module)) }),
  });
}

function compareShadow({ models }: ApiDeps): Route {
  return route({
    method: "GET",
    path: "/api/training/shadow",
    right: "read",
    summary: "Compare the shadow model with the live one (`?module=&hours=`) on the same live decisions",
    answer: answers.comparison,
    query: z.strictObject({
      module: word(MODULES),
      hours: z.string().default("1").transform(decimal)
        .refine(
          (hours) => Number.isInteger(hours) && hours >= 1 && hours <= HOURS_MAX,
          `need a whole number, 1 to ${HOURS_MAX}`,
        ),
    }),
    handle: async (c, _, { module, hours }) => c.json(await models.compare(module, hours, c.req.raw.signal)),
  });
}

function showReport(deps: ApiDeps): Route {
  return route({
    method: "GET",
    path: "/api/training/models/:id/report",
    right: "read",
    summary: "A model's report as SVG; `?theme=light|dark`",
    answer: { media: "image/svg+xml" },
    query: z.strictObject({ theme: word(["light", "dark"], 20).default("light") }),
    handle: (c, _, { theme }) => {
      const version = c.req.param("id")!;
      const svg = deps.models.report(owner(deps, version), version, theme);
      if (svg === null) throw noReport(version);
      return new Response(svg, { headers: { "content-type": "image/svg+xml" } });
    },
  });
}

function deployModel(deps: ApiDeps): Route {
  return route({
    method: "POST",
    path: "/api/training/models/:id/deploy",
    right: "models",
    summary:
      "Make a version live; answers with the agents' receipts. The version `baseline`, which scores without a model, needs `module` in the body",
    answer: answers.deployed,
    status: 202,
    body: deployBody,
    handle: (c, { module }) => {
      const version = c.req.param("id")!;
      return deploy(deps, c, moduleOf(deps, version, module), version, "model deploy");
    },
  });
}

function rollBackModel(deps: ApiDeps): Route {
  return route({
    method: "POST",
    path: "/api/training/models/:id/rollback",
    right: "models",
    summary: "Make the version before this one live again; the baseline if there was none",
    answer: answers.deployed,
    status: 202,
    body: deployBody,
    handle: (c, body) => {
      const version = c.req.param("id")!;
      const module = moduleOf(deps, version, body.module);
      const list = deps.models.list(module);
      const decides = list.latest ?? BASELINE;
      if (version !== decides) {
        throw new AppError("conflict", `Cannot roll ${version} back: ${decides} decides for ${module} now`);
      }
      return deploy(deps, c, module, liveBefore(list), "model rollback");
    },
  });
}

function shadowModel(deps: ApiDeps): Route {
  return route({
    method: "POST",
    path: "/api/training/models/:id/shadow",
    right: "models",
    summary: "Let a version score in shadow, without deciding; `{on: false}` ends it",
    answer: answers.shadowed,
    status: 202,
    body: shadowBody,
    handle: async (c, { on }) => {
      const version = c.req.param("id")!;
      const module = owner(deps, version);
      const { shadow } = deps.models.list(module);
      if (!on && shadow !== version) {
        throw new AppError(
          "conflict",
          `Cannot end the shadow of ${version}: ${shadow ?? "none"} is in shadow`,
        );
      }
      const { name } = principalOf(c);
      await deps.audit({
        who: name,
        action: on ? "model shadow" : "model shadow off",
        module,
        detail: version,
      });
      deps.models.shadow(module, on ? version : null);
      return c.json({ ok: true, module, version, on }, 202);
    },
  });
}

function swapModel(deps: ApiDeps): Route {
  return route({
    method: "POST",
    path: "/api/control/model-swap",
    right: "models",
    summary:
      "Make a registered version live, or register a file first: `{model_id: module, version | model_path}`",
    answer: answers.deployed,
    status: 202,
    body: modelSwapBody,
    handle: async (c, { model_id, version, model_path }) => {
      const own = version ?? (model_path ? await deps.models.import(model_id, model_path) : undefined);
      if (!own) throw new AppError("invalid", "version: missing, need version or model_path");
      return await deploy(deps, c, moduleOf(deps, own, model_id), own, "model swap");
    },
  });
}
