/** Building blocks of the answers' schemas. */
import { z } from "zod";
import { MODULES } from "../../proto/gen/names.ts";

export const { strictObject: object, string: text, number, boolean: flag, array, enum: one, record } = z;
export const maybe = <T extends z.ZodType>(type: T) => type.nullable();
/** A whole number that may exceed JSON's exact range: decimal digits. */
export const digits = text();
export const count = number();
export const moduleName = one(MODULES);
export const counts = record(text(), count);
