/** Numbers and texts drawn by a seed, and an audit with such texts. */
import { headPublisherOf } from "../../app/head_publisher.ts";
import type { Context } from "../../app/context.ts";
import { AuditChain } from "../../core/audit/chain.ts";
import { HeadSigner } from "../../core/audit/head.ts";
import { controlSeed } from "../../core/control/control_key.ts";
import { openDataDir } from "../../core/platform/data_dir.ts";
import { openDatabase, transaction } from "../../core/platform/database.ts";
import { Library } from "../../ffi/library.ts";
import { EmbeddedLog } from "../../ffi/log.ts";

/** xorshift: the same numbers for the same seed on every machine. */
export class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = (Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) >>> 0 || 1;
  }
  below(end: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state % end;
  }
  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }
}

const LETTERS = [
  "a",
  "Z",
  "7",
  ":",
  '"',
  "\\",
  "\0",
  "\n",
  "\x1b",
  "\u202e",
  "\ud83d",
  "\udc00",
  "é",
  "💀",
  " ",
  "'",
];
/** A short text, including unusual characters. */
const text = (random: Random) =>
  Array.from({ length: random.below(30) }, () => random.pick(LETTERS)).join("");

/** The context that the verify verb needs, over a folder of its own. */
export function contextOf(library: Library, path: string): Context {
  const settings: Record<string, unknown> = { "audit.anchor": "", "control.sign_sk_hex": "", data_dir: path };
  let log: EmbeddedLog | undefined;
  const dataDir = () => openDataDir(path, { use: "read" });
  const needed: Partial<Context> = {
    dataDir,
    library: () => library,
    outbox: () => log ??= new EmbeddedLog(library, `${path}/log`),
    config: (() => new Map([["kafka.brokers", { value: "" }]])) as unknown as Context["config"],
    setting: <T>(key: string) => settings[key] as T,
    say: () => {},
  };
  return needed as Context;
}

/** Adds entries with random texts, and publishes their heads. */
export async function append(context: Context, random: Random, entries: number): Promise<void> {
  const { path, instance } = context.dataDir();
  const database = openDatabase(`${path}/legend.db`);
  try {
    const chain = new AuditChain(database, new HeadSigner(instance, controlSeed(path, "")));
    transaction(database, () => {
      for (let n = 0; n < entries; n++) {
        chain.append({
          who: text(random),
          action: text(random),
          module: text(random),
          detail: text(random),
          request_id: text(random),
        });
      }
    });
    await headPublisherOf(context, chain, (seq) => chain.markPublished(seq)).flush();
    database.exec("pragma wal_checkpoint(truncate)");
  } finally {
    database.close();
  }
}
