/** API keys, created and revoked on the host itself, and tokens for a user of the page. */
import { decimal } from "../core/platform/decimal.ts";
import type { ApiKey } from "../core/auth/accounts.ts";
import { type Scope, SCOPES } from "../core/auth/rights.ts";
import { AppError, UsageError } from "../core/platform/errors.ts";
import { LOCAL_USER } from "../core/platform/local_user.ts";
import type { Context } from "../app/context.ts";
import { EXIT } from "../core/platform/exit.ts";
import { type Invocation, type VerbBody } from "./command.ts";
import { idsNamed } from "./ids.ts";
import { oneLine } from "../core/platform/logger.ts";
import { withAccounts } from "./user.ts";

const DAY_MS = 86_400_000;
const DAYS = { usual: 90, most: 365 };

/** Expiry of a key created now, from `--days`. */
function expiry(value: string | boolean | undefined): { days: number; expires_ms: number } {
  const days = decimal(String(value ?? DAYS.usual));
  if (days >= 1 && days <= DAYS.most) return { days, expires_ms: Date.now() + days * DAY_MS };
  throw new UsageError(`Cannot use --days ${value}: need 1 to ${DAYS.most}`);
}

function printKey(
  context: Context,
  { flags }: Invocation,
  made: { id: string; key: string },
  about: object,
): void {
  // Only the secret on stdout, so that it can be put into a file; it is shown this once.
  context.out(flags.json ? `${JSON.stringify({ ...made, ...about })}\n` : `${made.key}\n`);
}

export const keyNew: VerbBody = {
  async run(call, context) {
    const [label] = call.args as [string];
    if (label.length > 100) throw new UsageError("Cannot make a key: need a LABEL of at most 100 characters");
    const scopes = [...new Set(call.all("scope"))] as Scope[];
    if (scopes.length === 0) {
      throw new UsageError(
        `Cannot make a key: need --scope, any of ${SCOPES.join(", ")}; it may be repeated`,
      );
    }
    const { days, expires_ms } = expiry(call.flags.days);
    const act = { action: "key made", detail: `${label}: ${scopes.join(", ")}, ${days} days` };
    const made = await withAccounts(
      context,
      act,
      (accounts) => accounts.addKey(label, scopes, LOCAL_USER, expires_ms),
    );
    printKey(context, call, made, { label, scopes, expires_ms });
    return EXIT.done;
  },
};

const stateOf = ({ revoked, expires_ms }: ApiKey) =>
  revoked ? "revoked" : expires_ms < Date.now() ? "expired" : "valid";

export const keyList: VerbBody = {
  async run({ flags }, context) {
    const keys = await withAccounts(context, undefined, (accounts) => accounts.keys());
    for (const key of keys) {
      const { id, label, scopes, created_by, expires_ms } = key;
      const text = `${id}  ${stateOf(key).padEnd(7)}  until ${new Date(expires_ms).toISOString()}  ${
        scopes.join(",")
      }  by ${created_by}  ${label}`;
      context.out(flags.json ? `${JSON.stringify({ ...key, state: stateOf(key) })}\n` : `${oneLine(text)}\n`);
    }
    if (keys.length === 0 && !flags.json) context.out("no API key yet: see `legend key new --help`\n");
    return EXIT.done;
  },
};

/** The key that ID names: a whole id, its first digits, or `newest`. */
async function keyNamed(context: Context, word: string): Promise<ApiKey> {
  const keys = await withAccounts(context, undefined, (accounts) => accounts.keys());
  const fit = word === "newest" ? keys.slice(-1) : idsNamed(keys, ({ id }) => id, word);
  if (fit.length === 1) return fit[0]!;
  const why = fit.length === 0 ? "no such key" : `${fit.length} keys begin with it`;
  throw new AppError("not_found", `Cannot find the key ${word}: ${why}, see \`legend key list\``);
}

export const keyRevoke: VerbBody = {
  async run({ args, flags }, context) {
    const { id } = await keyNamed(context, args[0]!);
    await withAccounts(context, { action: "key revoked", detail: id }, (accounts) => accounts.revokeKey(id));
    context.out(flags.json ? `${JSON.stringify({ id, revoked: true })}\n` : `${id} is revoked\n`);
    return EXIT.done;
  },
};

export const keyRotate: VerbBody = {
  async run(call, context) {
    const { id, label, scopes } = await keyNamed(context, call.args[0]!);
    const { days, expires_ms } = expiry(call.flags.days);
    const act = { action: "key rotated", detail: `${id}, ${label}: ${scopes.join(", ")}, ${days} days` };
    const made = await withAccounts(
      context,
      act,
      (accounts) => accounts.rotateKey(id, LOCAL_USER, expires_ms),
    );
    printKey(context, call, made, { label, scopes, expires_ms, replaces: id });
    return EXIT.done;
  },
};
