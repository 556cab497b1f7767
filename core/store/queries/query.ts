/** What a named query is. */
import { MODULES } from "../../../proto/gen/names.ts";

export interface QueryParam {
  readonly type: "number" | "text";
  readonly default: number | string;
  /** Of a number. */
  readonly min?: number;
  readonly max?: number;
  /** Of a text. */
  readonly pattern?: RegExp;
}

export interface StoredQuery {
  readonly name: string;
  readonly summary: string;
  readonly params: Readonly<Record<string, QueryParam>>;
  /** One SELECT without FORMAT; parameters as `{name:Type}`. */
  readonly sql: string;
}

export const hours: QueryParam = { type: "number", default: 24, min: 1, max: 8_760 };
export const limit: QueryParam = { type: "number", default: 50, min: 1, max: 10_000 };
export const module: QueryParam = {
  type: "text",
  default: "arbitrage",
  pattern: new RegExp(`^(${MODULES.join("|")})$`),
};
