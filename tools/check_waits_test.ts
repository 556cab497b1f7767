import assert from "node:assert/strict";
import { takenPorts, timedWaits, waitsOf } from "./check_waits.ts";

Deno.test("a wait for a time is found, and a look at a condition is none", () => {
  const source = [
    "while (!found()) await delay(50);",
    "await delay(12_000);",
    "await new Promise((resolve) => setTimeout(resolve, 3_000));",
    "await delay(seconds * 1_000);",
    "// await delay(9_000);",
    "const late = delay(1_000, over.signal).then(() => false);",
    "thread::sleep(Duration::from_millis(1));",
    "thread::sleep(Duration::from_secs(1));",
    "thread::sleep(Duration::from_millis(400));",
    "const delay = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));",
    'Deno.test("delay(9_000) is a name", () => {});',
  ].join("\n");
  assert.deepEqual(timedWaits(source), [2, 3, 4, 6, 8, 9]);
  assert.deepEqual(takenPorts("const port = freePort();\nfunction freePort(): number {\n"), [1]);
});

Deno.test("more waits or ports than are known are refused, fewer are to be counted, and each says why", () => {
  const one = "// Nothing may happen: there is nothing to wait for.\nawait delay(500);\n";
  const known = (waits: number, ports = 0) => ({ waits: { "a.ts": waits }, ports: { "a.ts": ports } });
  assert.deepEqual(waitsOf("a.ts", one, known(1)), []);
  assert.match(
    waitsOf("a.ts", one, known(0))[0]!,
    /^a\.ts:2 waits for a time 1 times, 0 are known: wait for a/,
  );
  assert.match(waitsOf("a.ts", one, known(2))[0]!, /^a\.ts waits for a time 1 times: lower its 2 in/);
  assert.match(
    waitsOf("a.ts", "await delay(500);\n", known(1))[0]!,
    /^a\.ts:1 waits for a time and does not say/,
  );
  assert.match(
    waitsOf("a.ts", "use(freePort());\n", known(0))[0]!,
    /^a\.ts:1 looks for a free port 1 times, 0 are/,
  );
  assert.deepEqual(waitsOf("a.ts", "use(freePort());\n", known(0, 1)), []);
});
