/** The one-time login of a new installation. */
import { Accounts } from "../core/auth/accounts.ts";
import { randomSecret } from "../core/auth/passwords.ts";
import type { Database } from "../core/platform/database.ts";
import { replaceFile } from "../core/platform/atomic_file.ts";
import type { Context } from "./context.ts";

/** The file in the data folder that holds the password until its first use. */
export const firstLoginFile = (dataDir: string) => `${dataDir}/first-login`;

/** Created at the first start, readable by the owner only. The password is shown on a terminal and nowhere else. */
export async function makeFirstLogin(database: Database, path: string, context: Context): Promise<void> {
  const accounts = new Accounts(database);
  if (accounts.users().length > 0) return;
  const password = randomSecret();
  const file = firstLoginFile(path);
  // Within the transaction: if there is a user already, the file is left alone.
  const made = await accounts.first(
    "admin",
    password,
    () => replaceFile(file, `user: admin\npassword: ${password}\n`),
  );
  if (!made) return;
  context.say(`first login: see ${file}`);
  if (Deno.stderr.isTerminal()) context.sayToTerminal(`  user admin, password ${password}`);
}
