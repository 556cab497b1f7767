import assert from "node:assert/strict";
import { speedFlag } from "../../cli/flag_value.ts";
import { JOB_KINDS } from "../../workers/kinds.ts";
import { configKey } from "../config/schema.ts";
import { decimal } from "./decimal.ts";

Deno.test("a decimal text is its number, and what only JavaScript takes for a number is refused", () => {
  const rows: [text: string, value: number][] = [
    ...[["0", 0], ["80", 80], ["+1", 1], ["-1", -1], ["1.5", 1.5], [".5", 0.5], ["5.", 5], ["1e-3", 0.001]],
    ...["", " ", " 1", "1 ", "0x50", "0b1", "0o7", "Infinity", "NaN", "1,5", "1_000", "١"].map((
      text,
    ) => [text, NaN]),
  ] as [string, number][];
  for (const [text, value] of rows) assert.equal(decimal(text), value, JSON.stringify(text));
});

Deno.test("numbers of flags, configuration and training are decimal", () => {
  const train = (param: string) =>
    JOB_KINDS.named("train").verb.read({
      args: ["mev"],
      flags: {},
      all: (flag) => flag === "param" ? [param] : [],
    });
  assert.deepEqual((train("lambda=0.5") as { params: unknown }).params, { lambda: 0.5 });
  for (const odd of ["", "0x10", " 1", "Infinity"]) {
    assert.throws(
      () => train(`lambda=${odd}`),
      /^UsageError: Cannot use --param lambda=.*: need NAME=NUMBER$/,
    );
    assert.throws(() => speedFlag(odd, 1), /^UsageError: Cannot use --speed /);
    assert.equal(configKey("api.port")!.type.safeParse(odd).success, false, `api.port ${odd}`);
  }
  assert.equal(speedFlag("2.5", 1), 2.5);
  assert.deepEqual(["8080", 8080].map((port) => configKey("api.port")!.type.parse(port)), [8080, 8080]);
});
