import assert from "node:assert/strict";
import { BUILD_NEEDS, missing, need, TEST_NEEDS } from "./needs.ts";
import { ROOT } from "./paths.ts";

Deno.test("all that is missing is named in one line with how to install it", () => {
  assert.equal(missing(BUILD_NEEDS, () => true), undefined);
  assert.equal(
    missing(BUILD_NEEDS, (program) => program === "make"),
    "Cannot begin: this machine lacks cargo (the Rust library), cc (the libraries in C), perl (OpenSSL). " +
      "Install: apt-get install gcc perl; cargo from https://rustup.rs",
  );
});

Deno.test("a program is looked for on the PATH", () => {
  need([{ program: "sh", use: "", install: { apt: "dash" } }]);
  assert.throws(
    () => need([{ program: "no-such-program", use: "nothing", install: { apt: "nothing" } }]),
    /lacks no-such-program/,
  );
});

Deno.test("the CI script installs every package that the tests need", () => {
  const script = Deno.readTextFileSync(`${ROOT}/.ci/run`);
  for (const { program, install } of TEST_NEEDS) {
    if ("by" in install || program === "tar") continue;
    assert.ok(script.includes(`command -v ${program} `), `${program} is not looked for`);
    assert.ok(script.includes(`missing+=(${install.apt})`), `${install.apt} is not installed`);
  }
});
