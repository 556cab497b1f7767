import assert from "node:assert/strict";
import { textErrors } from "./check_errors.ts";

Deno.test("an error that is a bare text is found, however deep and however wide it is written", () => {
  const source = [
    "fn a() -> Result<(), String> {", // 1
    "fn b() -> Result<String, Error> {",
    "fn c() -> Result<Receiver<Result<(), Error>>, String>;", // 3
    "fn d(done: Receiver<Result<(u8, [u8; 2]), std::string::String>>) {}", // 4
    "fn e() -> Result<", // 5
    "    Map<String, Vec<u8>>,",
    "    String,",
    "> {",
    "// Result<(), String> once was",
    "type KafkaError = String;", // 10
    "type Made = Result<Vec<String>>;",
    "run: fn(&Shared) -> Result<Box<dyn Fn(u8) -> u8>, &'static str>,", // 12
    "let texts: Result<Vec<String>, _> = Ok(vec![]);",
    "Ok::<u8, String>(1)",
    "std::result::Result<Receipt, String> {", // 15
    "fn f() -> io::Result<String> {",
  ].join("\n");
  assert.deepEqual(textErrors(source), [1, 3, 4, 5, 10, 12, 15]);
});
