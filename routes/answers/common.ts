/** What answers are made of. */
import { z } from "zod";
import { MODULES } from "../../proto/gen/names.ts";

export const { strictObject: object, string: text, number, boolean: flag, array, enum: one, record } = z;
export const maybe = <T extends z.ZodType>(type: T) => type.nullable();
/** A whole number that may be larger than JSON's: decimal digits. */
export const digits = text();
export const count = number();
export const moduleName = one(MODULES);
export const counts = record(text(), count);
