import { SINK_TOPICS } from "../services/sink.ts";
import { acceptLog } from "../services/sink_accept.ts";
import { UsageError } from "../core/platform/errors.ts";
import { QUERIES, runQuery } from "../core/store/queries.ts";
import { migrate } from "../core/store/schema.ts";
import { schemaOptions, storeOf } from "../app/stores.ts";
import { EXIT } from "../core/platform/exit.ts";
import { type VerbBody } from "./command.ts";

export const dbMigrate: VerbBody = {
  async run({ flags }, context) {
    const { before, after } = await migrate(storeOf(context), schemaOptions(context));
    const text = before === after
      ? `tables are of version ${after}`
      : `tables migrated from version ${before} to ${after}`;
    context.out(flags.json ? `${JSON.stringify({ before, after })}\n` : `${text}\n`);
    return EXIT.done;
  },
};

export const dbAcceptLog: VerbBody = {
  async run({ flags }, context) {
    const [store, { instance }] = [storeOf(context), context.dataDir()];
    let accepted = 0;
    for (const topic of SINK_TOPICS) {
      const options = { topic, library: context.library(), log: context.log() };
      const done = await acceptLog(store, instance, options);
      if (!done) continue;
      accepted += 1;
      if (flags.json) {
        const row = { topic: done.topic, from: done.from.map(String), store_alone: done.storeAlone };
        context.out(`${JSON.stringify(row)}\n`);
        continue;
      }
      context.out(
        `${done.topic}: storing continues from offset ${
          done.from.join(", ")
        }; ${done.storeAlone} rows of the store are not in this log and stay\n`,
      );
    }
    if (accepted === 0 && !flags.json) {
      context.out("the log is the one that the store was filled from, nothing to accept\n");
    }
    return EXIT.done;
  },
};

export const dbQuery: VerbBody = {
  async run({ args, flags, all }, context) {
    const [name] = args;
    if (!name) {
      for (const query of QUERIES) {
        if (flags.json) {
          const kinds = Object.entries(query.params).map(([key, { type }]) => [key, type]);
          const row = { name: query.name, summary: query.summary, params: Object.fromEntries(kinds) };
          context.out(`${JSON.stringify(row)}\n`);
          continue;
        }
        const params = Object.entries(query.params).map(([key, { type }]) => `${key}: ${type}`).join(", ");
        context.out(`${query.name.padEnd(24)} ${query.summary}${params ? ` (${params})` : ""}\n`);
      }
      return EXIT.done;
    }
    const params = Object.fromEntries(
      all("param").map((text) => {
        const at = text.indexOf("=");
        if (at < 1) throw new UsageError(`Cannot use --param ${text}: need NAME=VALUE`);
        return [text.slice(0, at), text.slice(at + 1)];
      }),
    );
    for (const row of await runQuery(storeOf(context), name, params, context.signal)) {
      context.out(`${JSON.stringify(row)}\n`);
    }
    return EXIT.done;
  },
};
