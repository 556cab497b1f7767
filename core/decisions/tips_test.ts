import assert from "node:assert/strict";
import { UsageError } from "../platform/errors.ts";
import { tipAccounts } from "./tips.ts";

const ONE = "96gYZGLnJYVFmbjzopPSU6QiEV5fGqZNyN9nmNhvrZU5";
const OTHER = "astrazznxsGUhWShqgNtAdfrzP2G83DzcWVJDxwV9bF";
const line = (account: unknown, service: unknown, more = {}) => JSON.stringify({ account, service, ...more });

function withFile(text: string, run: (path: string) => void): void {
  const path = Deno.makeTempFileSync({ prefix: "legend-tips-" });
  try {
    Deno.writeTextFileSync(path, text);
    run(path);
  } finally {
    Deno.removeSync(path);
  }
}

Deno.test("engine 10: a file of tip accounts is read line by line", () => {
  assert.deepEqual(tipAccounts(""), [], "no file is named");
  const text = `\ufeff${line(ONE, "mine")}\r\n\n${line(OTHER, "a-service_2")}\n${line(ONE, "mine")}\n`;
  withFile(text, (path) =>
    assert.deepEqual(tipAccounts(path), [
      { account: ONE, service: "mine" },
      { account: OTHER, service: "a-service_2" },
    ]));
  // The system program's key is 32 zero bytes, written as 32 ones.
  withFile(line("1".repeat(32), "mine"), (path) => assert.equal(tipAccounts(path).length, 1));
});

Deno.test("engine 10: a bad file of tip accounts is refused with its name, the line and the reason", () => {
  const good = `${line(ONE, "mine")}\n`;
  const rows: [text: string, says: RegExp][] = [
    [`${good}{"account":`, /line 2: it is not JSON/],
    [`${good}\n${line("abc", "mine")}`, /line 3: account: need base58 of 32 bytes/],
    [line(`${ONE.slice(0, -1)}0`, "mine"), /line 1: account: need base58/],
    [line(`${ONE}1`, "mine"), /line 1: account: need base58/],
    [line("1".repeat(33), "mine"), /line 1: account: need base58/],
    [line(ONE, "My Service"), /line 1: service: need 1 to 32 characters/],
    [line(ONE, "a".repeat(33)), /line 1: service: need 1 to 32/],
    [line(ONE, 3), /line 1: service: /],
    [JSON.stringify({ account: ONE }), /line 1: service: /],
    [line(ONE, "mine", { note: "x" }), /line 1: .*note/],
    ["[]", /line 1: /],
    [`${good}${line(ONE, "yours")}`, /line 2: 96gY\S+ is listed for the service mine on an earlier line/],
    [
      Array.from(
        { length: 33 },
        (_, at) => line(OTHER.slice(0, -1) + "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghij"[at], `s${at}`),
      )
        .join("\n"),
      /line 33: more than 32 services/,
    ],
  ];
  for (const [text, says] of rows) {
    withFile(text, (path) =>
      assert.throws(() => tipAccounts(path), (error) => {
        assert.ok(error instanceof UsageError, text);
        assert.ok(error.message.startsWith(`Cannot use tips.file ${path}: `), error.message);
        assert.match(error.message, says);
        assert.doesNotMatch(error.message, /\n/);
        return true;
      }));
  }
  assert.throws(
    () => tipAccounts("/nowhere/tips.ndjson"),
    /^UsageError: Cannot use tips.file \/nowhere\/tips.ndjson: No such file/,
  );
  assert.throws(() => tipAccounts("/"), /Cannot use tips.file \/: it is not a file/);
});
