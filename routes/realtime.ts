/** Routes of the live stream: tickets, the WebSocket, the list of connections. */
import { z } from "zod";
import { AppError } from "../core/platform/errors.ts";
import { TICKET_SECONDS } from "../core/auth/tokens.ts";
import type { RealtimeFilter, RealtimeMode } from "../core/decisions/realtime.ts";
import { may } from "../core/auth/rights.ts";
import { tuneBody } from "../proto/api.ts";
import * as answers from "./answers.ts";
import type { ApiDeps } from "./deps.ts";
import type { Door } from "./middleware/door.ts";
import { maybeText } from "./query.ts";
import { principalOf, type Route, route } from "./route.ts";

/** Seconds after which a connection that answers no ping is closed: a client may stall for a minute and continue. */
const IDLE_S = 120;
/**
 * How long a new connection waits until the topics are being read: a connected client must not miss what comes then.
 */
const READS_WAIT_MS = 5_000;
/** The subprotocol that is selected; a token may be listed beside it as `bearer.TOKEN`. */
const PROTOCOL = "legend";

export function realtimeRoutes(deps: ApiDeps, _guard: unknown, door: Door): Route[] {
  return [
    route({
      method: "POST",
      path: "/api/realtime/ticket",
      right: "self",
      summary: `A token for one connection within ${TICKET_SECONDS} s, as \`?token=\``,
      answer: answers.ticket,
      handle: async (c) => {
        const { name, role, session } = principalOf(c);
        return c.json({
          ticket: await deps.tokens.sign(name, role!, session!, true),
          expires_in: TICKET_SECONDS,
        });
      },
    }),
    route({
      method: "GET",
      path: "/api/realtime/connections",
      right: "admin",
      summary: "Who is connected, and how much they received and lost",
      answer: answers.connections,
      handle: (c) => c.json({ connections: deps.realtime.connections() }),
    }),
    route({
      method: "DELETE",
      path: "/api/realtime/connections/:id",
      right: "admin",
      summary: "End a connection",
      answer: answers.ok,
      handle: async (c) => {
        const id = c.req.param("id")!;
        const isThere = deps.realtime.connections().some((one) => one.id === id);
        if (!isThere) throw new AppError("not_found", `Cannot end ${id.slice(0, 64)}: no such connection`);
        await deps.audit({ who: principalOf(c).name, action: "connection ended", detail: id });
        // The connection may have ended by itself meanwhile.
        deps.realtime.kick(id);
        return c.json({ ok: true });
      },
    }),
    route({
      method: "GET",
      path: "/api/realtime/settings",
      right: "read",
      summary: "How events are collected for browsers",
      answer: answers.settings,
      handle: (c) => c.json({ batch_window_ms: deps.batch.windowMs, batch_max_size: deps.batch.maxSize }),
    }),
    route({
      method: "POST",
      path: "/api/realtime/settings",
      right: "config",
      summary: "Change how events are collected, at once, until the next start",
      answer: answers.ok,
      body: tuneBody,
      handle: async (c, { batch_window_ms, batch_max_size }) => {
        await deps.audit({
          who: principalOf(c).name,
          action: "transport tuned",
          detail: `${batch_window_ms} ms, ${batch_max_size}`,
        });
        [deps.batch.windowMs, deps.batch.maxSize] = [batch_window_ms, batch_max_size];
        deps.realtime.tune(batch_window_ms, batch_max_size);
        return c.json({ ok: true });
      },
    }),
    websocketRoute(deps, door),
  ];
}

const wsQuery = z.looseObject({
  mode: maybeText,
  /** A ticket. */
  token: maybeText,
  type: maybeText,
  module: maybeText,
  dex: maybeText,
  min_net: maybeText,
  /** EPOCH.POSITION of the newest frame that was read. */
  resume: maybeText,
});

/** `?mode=`, filters and resume position; throws `AppError("invalid")`. */
function parseRequest(
  query: z.infer<typeof wsQuery>,
): { mode: RealtimeMode; filter: RealtimeFilter; resume?: { epoch: bigint; position: bigint } } {
  const mode = query.mode ?? "proto";
  if (mode !== "json" && mode !== "proto") {
    throw new AppError("invalid", `mode: \`${mode}\`, need json or proto`);
  }
  const list = (words?: string) => words?.split(",").filter(Boolean).slice(0, 32);
  const [types, modules, dexes] = [list(query.type), list(query.module), list(query.dex)];
  const least = query.min_net;
  const minNet = least === undefined ? undefined : Number(least);
  if (minNet !== undefined && !Number.isFinite(minNet)) {
    throw new AppError("invalid", `min_net: \`${least}\`, need a number of SOL`);
  }
  const from = /^(\d{1,19})\.(\d{1,19})$/.exec(query.resume ?? "");
  return {
    mode,
    filter: {
      ...(types ? { types } : {}),
      ...(modules ? { modules } : {}),
      ...(dexes ? { dexes } : {}),
      ...(minNet === undefined ? {} : { minNet }),
    },
    ...(from ? { resume: { epoch: BigInt(from[1]!), position: BigInt(from[2]!) } } : {}),
  };
}

/** `GET /api/realtime/ws`: authenticates here, because a browser cannot set headers on a WebSocket. */
const websocketRoute = (deps: ApiDeps, door: Door): Route =>
  route({
    method: "GET",
    path: "/api/realtime/ws",
    right: "open",
    summary:
      "The live stream: `mode=json|proto`, filters `type`, `module`, `dex`, `min_net`, `resume=EPOCH.POSITION`",
    answer: { media: "*/*" },
    query: wsQuery,
    handle: async (c, _, query) => {
      const ticket = query.token;
      const offered = (c.req.header("sec-websocket-protocol") ?? "").split(",").map((one) => one.trim());
      const bearer = offered.find((one) => one.startsWith("bearer."))?.slice("bearer.".length);
      let principal = c.get("principal");
      if (ticket) principal = await deps.tokens.verify(ticket, "ticket");
      else if (bearer) principal = await deps.tokens.verify(bearer, "bearer");
      if (!principal) throw new AppError("unauthorized", "Cannot continue: not logged in");
      const user = principal.session ? deps.accounts.user(principal.name) : undefined;
      if (principal.session && (!deps.accounts.isOpen(principal.session) || !user || user.must_change)) {
        throw new AppError("unauthorized", "Cannot continue: the login has ended, log in again");
      }
      if (!may(principal, "read")) {
        throw new AppError("forbidden", "Cannot continue: this needs the right `read`");
      }
      door.checkOrigin(c);
      if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
        throw new AppError("bad_request", "Cannot continue: this address takes WebSocket connections only");
      }
      if (!await deps.realtime.reads(READS_WAIT_MS)) {
        throw new AppError(
          "unavailable",
          "Cannot stream yet: the topics have not been read, try again in a moment",
        );
      }
      // A ticket is valid for 30 seconds; the connection lives as long as an access token would.
      const expires = principal.by === "ticket" ? principal.expires + 15 * 60 : principal.expires;
      const options = { ...parseRequest(query), principal: { ...principal, expires } };
      const protocol = offered.includes(PROTOCOL) ? PROTOCOL : undefined;
      let socket: WebSocket | undefined;
      const place = deps.streams.open("websocket", options.principal, ({ code, reason }) =>
        socket?.close(code, reason));
      const free = () =>
        place[Symbol.dispose]();
      try {
        const { remoteAddr } = c.env as { remoteAddr?: { hostname: string; port: number } };
        if (remoteAddr) {
          deps.connections.stream(remoteAddr);
        }
        const upgraded = Deno.upgradeWebSocket(c.req.raw, {
          idleTimeout: IDLE_S,
          ...(protocol ? { protocol } : {}),
        });
        socket = upgraded.socket;
        socket.addEventListener("close", free);
        socket.addEventListener("error", free);
        deps.realtime.serve(socket, options);
        return upgraded.response;
      } catch (error) {
        free();
        throw error;
      }
    },
  });
