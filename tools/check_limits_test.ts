import assert from "node:assert/strict";
import { overLimits, rustFunctions } from "./check_limits.ts";
import { FUNCTION_LINES_MAX } from "./limits.ts";
import plugin from "./lint_limits.ts";

const body = (lines: number, line = "  1;\n") => line.repeat(lines - 2);

Deno.test("a function of Rust is as long as from its signature to its brace, inner ones apart", () => {
  const text = `mod tests {
    pub(super) fn outer(
        a: u8,
    ) -> u8 {
        fn inner() {
        }
        a
    }
    fn short() -> u8 { 1 }
    fn declared();
}
`;
  assert.deepEqual(rustFunctions(text), [{ name: "outer", lines: 7 }, { name: "inner", lines: 2 }]);
});

Deno.test("a file or a function of Rust that is a line too long is named, one of the most lines is not", () => {
  assert.deepEqual(overLimits("a.ts", "x\n".repeat(400)), []);
  assert.deepEqual(overLimits("a.ts", "x\n".repeat(401)), ["a.ts has 401 lines, at most 400 allowed"]);
  assert.deepEqual(overLimits("a.rs", `fn a() {\n${body(70)}}\n`), []);
  assert.deepEqual(overLimits("a.rs", `fn a() {\n${body(71)}}\n`), [
    "a.rs: fn a has 71 lines, at most 70 allowed",
  ]);
});

Deno.test("a function of TypeScript that is a line too long is named, of each sort", () => {
  const found = (text: string) => Deno.lint.runPlugin(plugin, "a.ts", text).map(({ id }) => id);
  const sorts = [["function a() {", "}"], ["const a = () => {", "};"], ["class A { a() {", "} }"]] as const;
  for (const [head, tail] of sorts) {
    assert.deepEqual(found(`${head}\n${body(FUNCTION_LINES_MAX)}${tail}`), [], head);
    assert.deepEqual(
      found(`${head}\n${body(FUNCTION_LINES_MAX + 1)}${tail}`),
      ["legend/function-lines"],
      head,
    );
  }
});
