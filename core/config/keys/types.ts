/** What a configuration key is, and the types of values that several keys have. */
import { z } from "zod";
import { decimalOf } from "../../platform/decimal.ts";
import { messageOf } from "../../platform/errors.ts";

export interface ConfigKey {
  /** `section.name` in TOML, or a top-level name. */
  readonly key: string;
  readonly type: z.ZodType;
  /** Text form of the default; "" for none. */
  readonly default: string;
  readonly env?: string;
  readonly flag?: string;
  readonly doc: string;
  /** Never printed, never read from TOML; `NAME_FILE` and systemd credentials are read too. */
  readonly secret?: true;
}

export const text = z.string().max(4096);
export const port = z.preprocess(decimalOf, z.number().int().min(1).max(65_535));
export const count = (min: number, max: number, why?: string) =>
  z.preprocess(decimalOf, z.number().int().min(min).max(max, why));
export const flag = z.union([
  z.boolean(),
  z.enum(["true", "false", "1", "0"]).transform((word) => word === "true" || word === "1"),
]);
export const secret = text.min(16, "need at least 16 characters");
/** The type of a text that `parse` accepts without throwing. */
export const parsed = (parse: (text: string) => unknown) =>
  text.superRefine((value, context) => {
    try {
      parse(value);
    } catch (error) {
      context.addIssue({ code: "custom", message: messageOf(error) });
    }
  });
export const url = z.union([z.literal(""), z.url({ protocol: /^https?$/ })]);
