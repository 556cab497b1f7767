/**
 * Whether the issuer of a job still has the right that the job needs: rights can be revoked between its start and its
 * end.
 */
import type { Accounts } from "./accounts.ts";
import { may, type Right } from "./rights.ts";

/** Why `issuer` does not have `right` now, as the end of a line; null when it has it. */
export function lostRight(
  accounts: Pick<Accounts, "user" | "keyNamed">,
  issuer: string,
  right: Right,
): string | null {
  // A local user who can read the data folder has every right. A schedule's right was checked when it was written.
  // A user may have the master key's name if added before that name was refused: then the user's rights count.
  const isMaster = issuer === "master" && !accounts.user(issuer);
  if (isMaster || issuer.startsWith("local:") || issuer.startsWith("schedule:")) return null;
  if (issuer.startsWith("key:")) {
    const holder = accounts.keyNamed(issuer);
    if (!holder) return `${issuer} is no longer valid here`;
    return may(holder, right) ? null : `${issuer} no longer has the right \`${right}\``;
  }
  const user = accounts.user(issuer);
  if (!user) return `${issuer} no longer has an account here`;
  if (user.disabled) return `${issuer} was disabled`;
  const principal = { name: issuer, role: user.role, scopes: [], by: "bearer", expires: 0 } as const;
  return may(principal, right) ? null : `${issuer} no longer has the right \`${right}\``;
}
