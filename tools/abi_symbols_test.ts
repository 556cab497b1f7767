import assert from "node:assert/strict";
import { abiNumber, exportsOf, symbolsTs } from "./abi_symbols.ts";

const SOURCE = `
/// Opens a thing.
/// On a thread of its own.
///
/// # Safety
/// As said.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_thing_open(
    name: *const u8,
    name_len: u32,
    at: u64,
    out: *mut u8,
) -> i32 {
}

/// Closes it.
#[unsafe(no_mangle)]
pub extern "C" fn legend_thing_close(thing: u32) {
}
`;

Deno.test("exports become rows with JavaScript's types, and say which take a thread of their own", () => {
  const text = symbolsTs(exportsOf(SOURCE));
  const rows = [
    "  // name, name_len, at, out\n" +
    '  legend_thing_open: { parameters: ["buffer", "u32", "u64", "buffer"], result: "i32", nonblocking: true },\n',
    '  // thing\n  legend_thing_close: { parameters: ["u32"], result: "void" },\n',
  ];
  for (const row of rows) assert.ok(text.includes(row), text);
});

Deno.test("the boundary's number is of its signatures: each change gives another, order and docs do not", () => {
  const number = abiNumber(exportsOf(SOURCE));
  const changes: readonly (readonly [string, string])[] = [
    ["at: u64", "at: u32"],
    ["name: *const u8", "path: *const u8"],
    [") -> i32 {", ") -> u32 {"],
    ["legend_thing_close", "legend_thing_shut"],
    ["thing: u32) {", "thing: u32, hard: u32) {"],
  ];
  for (const [from, to] of changes) {
    assert.notEqual(abiNumber(exportsOf(SOURCE.replace(from, to))), number, `${from} to ${to}`);
  }
  const [open, close] = exportsOf(SOURCE);
  assert.equal(abiNumber([close!, open!]), number);
  assert.equal(abiNumber(exportsOf(SOURCE.replace("Opens a thing", "Makes one"))), number);
});

Deno.test("an export that cannot be read is named, never left out", () => {
  assert.throws(() => exportsOf(SOURCE.replace("/// Closes it.\n", "")), /legend_thing_close: no docstring/);
  assert.throws(() => exportsOf(SOURCE.replace("at: u64", "at: usize")), /legend_thing_open: .*at: usize/);
});
