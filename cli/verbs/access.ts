/** Users and the audit. */
import type { Command } from "../command.ts";
import { JSON_ANYWAY, JSON_FLAG } from "./flags.ts";

export const ACCESS_VERBS: readonly Command[] = [
  {
    name: "audit show",
    args: "",
    group: "Access and audit",
    data: "read",
    summary: "Print entries of the audit as NDJSON, newest first",
    flags: [{ name: "limit", value: "N", doc: "How many (50)" }, JSON_ANYWAY],
    examples: ["legend audit show --limit 5"],
    body: async () => (await import("../audit.ts")).auditShow,
  },
  {
    name: "audit verify",
    args: "",
    group: "Access and audit",
    data: "read",
    summary: "Go through the audit chain, hold it against its heads here and outside, and list every fault",
    flags: [
      {
        name: "anchor",
        value: "FILE",
        doc: "Hold it also against the heads in this file (`audit.anchor`)",
      },
      JSON_FLAG,
    ],
    examples: ["legend audit verify"],
    body: async () => (await import("../audit.ts")).auditVerify,
  },
  {
    name: "user add",
    args: "NAME admin|auditor|viewer",
    group: "Access and audit",
    summary: "Add a user of the page; prints the first password once",
    flags: [JSON_FLAG],
    examples: ["legend user add alice viewer"],
    body: async () => (await import("../user.ts")).userAdd,
  },
  {
    name: "user list",
    args: "",
    group: "Access and audit",
    data: "read",
    summary: "Print the users as NDJSON",
    flags: [JSON_ANYWAY],
    examples: ["legend user list"],
    body: async () => (await import("../user.ts")).userList,
  },
  {
    name: "user passwd",
    args: "NAME",
    group: "Access and audit",
    summary: "Give a user a new first password and print it once; their logins end",
    flags: [JSON_FLAG],
    examples: ["legend user passwd alice"],
    body: async () => (await import("../user.ts")).userPasswd,
  },
];
