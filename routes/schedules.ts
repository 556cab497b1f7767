/** What starts by itself. */
import type { Principal } from "../core/auth/rights.ts";
import { parseCron } from "../core/jobs/cron.ts";
import { checkSchedules, rangeAt, schedulesOf } from "../core/jobs/schedules.ts";
import { atField } from "../core/platform/errors.ts";
import type { Schedule } from "../proto/jobs.ts";
import * as answers from "./answers.ts";
import type { ApiDeps } from "./deps.ts";
import { mayGive } from "./jobs.ts";
import { principalOf, type Route, route } from "./route.ts";

/** The schedules of an installation. */
export function scheduleRoutes(deps: ApiDeps): Route[] {
  const { kinds } = deps.jobs;
  /** Throws where a schedule, the list's `at`th, asks for what may not be or cannot end well at its next start. */
  const mayBegin = (principal: Principal, { kind: name, cron, days, args }: Schedule, at: number) => {
    const kind = kinds.named(name);
    mayGive(principal, kind, args);
    const next = kind.scheduled.at(args, rangeAt(days, parseCron(cron).next(Date.now())!));
    atField(`schedules.${at}.args`, () => kind.check?.(next, deps.jobPlaces()));
  };
  return [
    route({
      method: "GET",
      path: "/api/schedules",
      right: "read",
      summary: "What starts by itself, and when it starts next (UTC)",
      answer: answers.schedules,
      handle: (c) =>
        c.json({
          schedules: deps.schedules.read().map((one) => ({
            ...one,
            next_ms: one.enabled ? parseCron(one.cron).next(Date.now()) : null,
          })),
        }),
    }),
    route({
      method: "PUT",
      path: "/api/schedules",
      right: "jobs",
      summary:
        "Replace all schedules. Each one names a kind of job and all its arguments except the range; a schedule that may promote a model needs the right `models` too",
      answer: answers.ok,
      body: schedulesOf(kinds),
      handle: async (c, body) => {
        checkSchedules(body.schedules);
        const kept = new Set(deps.schedules.read().map((one) => JSON.stringify(one)));
        for (const [at, one] of body.schedules.entries()) {
          if (!kept.has(JSON.stringify(one))) mayBegin(principalOf(c), one, at);
        }
        // What is refused has not been done: the audit does not have it.
        await deps.audit({
          who: principalOf(c).name,
          action: "schedules",
          detail: JSON.stringify(body).slice(0, 1_000),
        });
        deps.schedules.write(body.schedules);
        return c.json({ ok: true });
      },
    }),
  ];
}
