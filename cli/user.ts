import { Accounts } from "../core/auth/accounts.ts";
import { hashPassword, randomSecret } from "../core/auth/passwords.ts";
import type { Role } from "../core/auth/rights.ts";
import { UsageError } from "../core/platform/errors.ts";
import { userName } from "../proto/api.ts";
import { changeAs, publishHeads, withDatabase, withReading } from "../app/audit_action.ts";
import type { Context } from "../app/context.ts";
import { EXIT, type ExitCode } from "../core/platform/exit.ts";
import { type Invocation, type VerbBody } from "./command.ts";

/**
 * Runs with the accounts of the data folder. The change that `run` makes and its audit entry `act` are written
 * together, or not at all.
 */
export function withAccounts<T>(
  context: Context,
  act: { action: string; detail: string } | undefined,
  run: (accounts: Accounts) => T,
): Promise<T> {
  if (!act) return withReading(context, (database) => run(new Accounts(database)));
  return withDatabase(context, async (database) => {
    const whole = { module: "", request_id: "", ...act };
    const made = changeAs(context, database, whole, () => run(new Accounts(database)));
    await publishHeads(context, database);
    return made;
  });
}

export const userAdd: VerbBody = {
  async run({ args, flags }, context) {
    const [name, role] = args as [string, Role];
    const { success, error } = userName.safeParse(name);
    if (!success) throw new UsageError(`Cannot add ${name}: ${error.issues[0]!.message}`);
    const password = randomSecret();
    const hash = await hashPassword(password);
    await withAccounts(
      context,
      { action: "user added", detail: `${name}, ${role}` },
      (accounts) => accounts.insert(name, role, hash, true),
    );
    context.out(flags.json ? `${JSON.stringify({ name, role, password })}\n` : `${password}\n`);
    return EXIT.done;
  },
};

export const userPasswd: VerbBody = {
  async run({ args, flags }, context) {
    const [name] = args as [string];
    const password = randomSecret();
    const hash = await hashPassword(password);
    await withAccounts(
      context,
      { action: "password reset", detail: name },
      (accounts) => accounts.replacePassword(name, hash, true, ""),
    );
    context.out(flags.json ? `${JSON.stringify({ name, password })}\n` : `${password}\n`);
    return EXIT.done;
  },
};

export const userDisable: VerbBody = {
  run: (call, context) => mayLogIn(call, context, false),
};

export const userEnable: VerbBody = {
  run: (call, context) => mayLogIn(call, context, true),
};

async function mayLogIn({ args, flags }: Invocation, context: Context, may: boolean): Promise<ExitCode> {
  const [name] = args as [string];
  const word = may ? "enabled" : "disabled";
  await withAccounts(
    context,
    { action: `user ${word}`, detail: name },
    (accounts) => accounts.change(name, { disabled: !may }),
  );
  context.out(flags.json ? `${JSON.stringify({ name, disabled: !may })}\n` : `${name} is ${word}\n`);
  return EXIT.done;
}

export const userRemove: VerbBody = {
  async run({ args, flags }, context) {
    const [name] = args as [string];
    const keys = await withAccounts(context, { action: "user removed", detail: name }, (accounts) => {
      accounts.remove(name);
      return accounts.keys().filter((key) => key.created_by === name && !key.revoked).map(({ id }) => id);
    });
    context.out(flags.json ? `${JSON.stringify({ name, removed: true, keys })}\n` : `${name} is removed\n`);
    if (keys.length > 0) {
      context.say(
        `API keys that ${name} made are still valid: ${keys.join(", ")}; see \`legend key revoke\``,
      );
    }
    return EXIT.done;
  },
};

export const userList: VerbBody = {
  async run(_, context) {
    for (const user of await withAccounts(context, undefined, (accounts) => accounts.users())) {
      context.out(`${JSON.stringify(user)}\n`);
    }
    return EXIT.done;
  },
};
