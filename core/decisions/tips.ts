/**
 * Reads the file of tip accounts that `tips.file` names: NDJSON of `{account, service}`. It adds to the built-in table.
 */
import { z } from "zod";
import { UsageError } from "../platform/errors.ts";
import { diskProblem } from "../platform/atomic_file.ts";

/** An account that takes tips for landing transactions, and its service. */
export interface TipAccount {
  account: string;
  service: string;
}

const BYTES_MAX = 1 << 20;
const ACCOUNTS_MAX = 1_000;
/** Metrics distinguish the services. */
const SERVICES_MAX = 32;
const KEY_BYTES = 32;

const LINE = z.strictObject({
  account: z.string().refine(isKey, "need base58 of 32 bytes"),
  service: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,31}$/, "need 1 to 32 characters of a-z 0-9 _ -"),
});

/**
 * The accounts in the file; empty when no file is configured. Throws `UsageError` with one line: file, line number and
 * reason.
 */
export function tipAccounts(path: string): TipAccount[] {
  if (path === "") return [];
  const cannot = (why: string) => new UsageError(`Cannot use tips.file ${path}: ${why}`);
  const found = new Map<string, string>();
  const services = new Set<string>();
  for (const [at, line] of read(path, cannot).split("\n").entries()) {
    if (line.trim() === "") continue;
    const wrong = (why: string) => cannot(`line ${at + 1}: ${why}`);
    const { account, service } = parsed(line, wrong);
    const known = found.get(account);
    if (known !== undefined && known !== service) {
      throw wrong(`${account} is listed for the service ${known} on an earlier line`);
    }
    found.set(account, service);
    services.add(service);
    if (found.size > ACCOUNTS_MAX) throw wrong(`more than ${ACCOUNTS_MAX} accounts`);
    if (services.size > SERVICES_MAX) throw wrong(`more than ${SERVICES_MAX} services`);
  }
  return [...found].map(([account, service]) => ({ account, service }));
}

function read(path: string, cannot: (why: string) => UsageError): string {
  try {
    const { size, isFile } = Deno.statSync(path);
    if (!isFile) throw cannot("it is not a file");
    if (size > BYTES_MAX) throw cannot(`it has ${size} bytes, at most ${BYTES_MAX} are read`);
    return Deno.readTextFileSync(path).replace(/^\ufeff/, "");
  } catch (error) {
    throw error instanceof UsageError ? error : cannot(diskProblem(error));
  }
}

function parsed(line: string, wrong: (why: string) => UsageError): TipAccount {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    throw wrong('it is not JSON, need {"account": "…", "service": "…"}');
  }
  const result = LINE.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue!.path.join(".");
  throw wrong(`${field ? `${field}: ` : ""}${issue!.message}`);
}

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** Whether a text is base58 of 32 bytes. */
function isKey(text: string): boolean {
  if (text.length < KEY_BYTES || text.length > 44) return false;
  let number = 0n;
  for (const letter of text) {
    const digit = ALPHABET.indexOf(letter);
    if (digit < 0) return false;
    number = number * 58n + BigInt(digit);
  }
  // Leading ones are zero bytes and not digits of the number.
  const zeros = /^1*/.exec(text)![0].length;
  const bytes = number === 0n ? 0 : Math.ceil(number.toString(16).length / 2);
  return zeros + bytes === KEY_BYTES;
}
