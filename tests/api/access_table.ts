/**
 * Who may call which route, written by hand from the contract: roles of users, scopes of keys, the master key. A route
 * that is missing here fails its test, and so does a row without a route.
 */

/** Callers without a login too. */
export const EVERYBODY = "everybody";

const PEOPLE = ["viewer", "auditor", "admin"];
const READERS = [...PEOPLE, "key read", "master key"];
const SCRAPERS = [...READERS, "key metrics"];
const AUDITORS = ["auditor", "admin", "master key"];
const ADMINS = ["admin", "master key"];
const OPERATORS = [...ADMINS, "key control"];
const JOBS = [...ADMINS, "key jobs"];
const MODELS = [...ADMINS, "key models"];
const CONFIGURATORS = [...ADMINS, "key config"];

/** Callers by method and path. */
export const ACCESS: Readonly<Record<string, readonly string[] | typeof EVERYBODY>> = {
  "POST /api/auth/login": EVERYBODY,
  "POST /api/auth/refresh": EVERYBODY,
  "GET /api/auth/renew": EVERYBODY,
  "POST /api/auth/logout": PEOPLE,
  "POST /api/auth/password": PEOPLE,
  "GET /api/auth/me": PEOPLE,
  "GET /api/auth/sessions": PEOPLE,
  "DELETE /api/auth/sessions/:id": PEOPLE,
  "GET /api/users": AUDITORS,
  "POST /api/users": ADMINS,
  "PATCH /api/users/:name": ADMINS,
  "GET /api/keys": AUDITORS,
  "POST /api/keys": ADMINS,
  "DELETE /api/keys/:id": ADMINS,
  "GET /api/control/audit-log": AUDITORS,

  "POST /api/control/module/:target": OPERATORS,
  "POST /api/control/policy": OPERATORS,
  "POST /api/control/command": OPERATORS,
  "POST /api/control/kill-switch": OPERATORS,
  "POST /api/policy/update": OPERATORS,
  "GET /api/control/commands/:request_id": READERS,

  "GET /api/health": EVERYBODY,
  "GET /api/health/ready": EVERYBODY,
  "GET /api/health/metrics/system": SCRAPERS,
  "GET /api/health/metrics/performance": SCRAPERS,
  "GET /metrics": SCRAPERS,
  "GET /api/openapi.json": SCRAPERS,
  "GET /api/agents": READERS,
  "GET /api/decisions": READERS,
  "GET /api/decisions/:id": READERS,
  "GET /api/metrics/summary": READERS,
  "POST /api/clickhouse/query": READERS,

  "POST /api/datasets/scrape": JOBS,
  "POST /api/datasets/export": JOBS,
  "GET /api/datasets/status/:id": READERS,
  "GET /api/datasets/export/:id": READERS,
  "GET /api/datasets/schema/:type": READERS,
  "POST /api/training/start": JOBS,
  "POST /api/training/train": JOBS,
  "GET /api/training/status/:id": READERS,
  "GET /api/training/jobs/:id": READERS,
  "GET /api/jobs": READERS,
  "GET /api/jobs/:id": READERS,
  "GET /api/jobs/:id/logs": READERS,
  "POST /api/jobs/:id/cancel": JOBS,
  "POST /api/jobs/:id/retry": JOBS,
  "GET /api/schedules": READERS,
  "PUT /api/schedules": JOBS,

  "GET /api/training/models": READERS,
  "GET /api/training/shadow": READERS,
  "GET /api/training/models/:id/report": READERS,
  "POST /api/training/models/:id/deploy": MODELS,
  "POST /api/training/models/:id/rollback": MODELS,
  "POST /api/training/models/:id/shadow": MODELS,
  "POST /api/control/model-swap": MODELS,

  "POST /api/realtime/ticket": PEOPLE,
  "GET /api/realtime/connections": ADMINS,
  "DELETE /api/realtime/connections/:id": ADMINS,
  "GET /api/realtime/settings": READERS,
  "POST /api/realtime/settings": CONFIGURATORS,
};
