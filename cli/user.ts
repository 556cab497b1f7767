import { Accounts } from "../core/auth/accounts.ts";
import { randomSecret } from "../core/auth/passwords.ts";
import { type Role, ROLES } from "../core/auth/rights.ts";
import { UsageError } from "../core/errors.ts";
import { appendAct, tellHeads, withDatabase, withReading } from "./audit_act.ts";
import { type Command, type Context, EXIT } from "./command.ts";

/** Runs with the accounts of the data folder; `act` is in the audit before anything changes. */
function withAccounts<T>(
  context: Context,
  act: { action: string; detail: string } | undefined,
  run: (accounts: Accounts) => T | Promise<T>,
): Promise<T> {
  if (!act) return withReading(context, (database) => run(new Accounts(database)));
  return withDatabase(context, async (database) => {
    appendAct(context, database, { module: "", request_id: "", ...act });
    await tellHeads(context, database);
    return await run(new Accounts(database));
  });
}

export const userAdd: Command = {
  name: "user add",
  args: "NAME admin|auditor|viewer",
  summary: "Add a user of the page; prints the first password once",
  async run({ args: [name, role, ...more] }, context) {
    if (
      more.length > 0 || !name || !/^[a-z0-9][a-z0-9._@-]{0,63}$/.test(name) || !ROLES.includes(role as Role)
    ) {
      throw new UsageError(
        `Cannot add ${name ?? "nobody"}: need a name of a-z 0-9 . _ @ - and one of ${ROLES.join(", ")}`,
      );
    }
    const password = randomSecret();
    await withAccounts(
      context,
      { action: "user added", detail: `${name}, ${role}` },
      (accounts) => accounts.add(name, role as Role, password),
    );
    context.out(`${password}\n`);
    return EXIT.done;
  },
};

export const userPasswd: Command = {
  name: "user passwd",
  args: "NAME",
  summary: "Give a user a new first password and print it once; their logins end",
  async run({ args: [name, ...more] }, context) {
    if (more.length > 0 || !name) throw new UsageError("Cannot set a password: need one NAME");
    const password = randomSecret();
    await withAccounts(
      context,
      { action: "password reset", detail: name },
      (accounts) => accounts.setPassword(name, password, true),
    );
    context.out(`${password}\n`);
    return EXIT.done;
  },
};

export const userList: Command = {
  name: "user list",
  args: "",
  data: "read",
  summary: "Print the users as NDJSON",
  async run(_, context) {
    for (const user of await withAccounts(context, undefined, (accounts) => accounts.users())) {
      context.out(`${JSON.stringify(user)}\n`);
    }
    return EXIT.done;
  },
};
