/** Whether who gave a job still may what the job was given for: between its start and its end rights are taken away. */
import type { Accounts } from "./accounts.ts";
import { may, type Right } from "./rights.ts";

/** Why `issuer` has no `right` now, for the end of a line; null: it has it. */
export function lostRight(
  accounts: Pick<Accounts, "user" | "keyNamed">,
  issuer: string,
  right: Right,
): string | null {
  // Who reads the data folder may everything; a schedule's right was asked when somebody with it wrote the schedule.
  // A user may have the master key's name, who was added before that was refused: then the user's rights count.
  const isMaster = issuer === "master" && !accounts.user(issuer);
  if (isMaster || issuer.startsWith("local:") || issuer.startsWith("schedule:")) return null;
  if (issuer.startsWith("key:")) {
    const holder = accounts.keyNamed(issuer);
    if (!holder) return `${issuer} does not hold here any more`;
    return may(holder, right) ? null : `${issuer} has not the right \`${right}\` any more`;
  }
  const user = accounts.user(issuer);
  if (!user) return `${issuer} has no account here any more`;
  if (user.disabled) return `${issuer} was disabled`;
  const principal = { name: issuer, role: user.role, scopes: [], by: "bearer", expires: 0 } as const;
  return may(principal, right) ? null : `${issuer} has not the right \`${right}\` any more`;
}
