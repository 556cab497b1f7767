import assert from "node:assert/strict";
import { AppError } from "../core/platform/errors.ts";
import type { JobPorts } from "../core/jobs/worker_protocol.ts";
import { checkOutput, openOutput, resolveOutput } from "./output.ts";

async function withRoot(run: (root: string) => Promise<void> | void): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "legend-output-" });
  try {
    await run(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const ports = (root: string, more: Partial<JobPorts> = {}): JobPorts => ({
  id: "job",
  token: 1,
  settings: { datasetsRoot: root, s3: { buckets: ["mine"] } } as unknown as JobPorts["settings"],
  signal: new AbortController().signal,
  progress: () => {},
  confirm: () => Promise.resolve(),
  goLive: () => Promise.resolve(null),
  ...more,
});

const bytes = (text: string) => new TextEncoder().encode(text);
const names = (root: string) => [...Deno.readDirSync(root)].map(({ name }) => name).sort();

Deno.test("resolveOutput() stays below the root", () =>
  withRoot((root) => {
    Deno.mkdirSync(`${root}/folder`);
    Deno.symlinkSync("/etc", `${root}/link`);
    Deno.symlinkSync("/etc/passwd", `${root}/file`);
    Deno.writeTextFileSync(`${root}/plain`, "");
    for (const good of ["é".repeat(80), "a.parquet", "folder/a.parquet", `${root}/a.parquet`, "new/deep/a"]) {
      assert.ok(resolveOutput(root, good).startsWith(`${root}/`), good);
    }
    for (
      const bad of [
        // Longer than a file system accepts, with the temporary prefix and suffix added: the limit is in bytes, not
        // letters.
        "é".repeat(81),
        `folder/${"a".repeat(161)}`,
        "../a",
        "folder/../../a",
        "/etc/passwd",
        `${root}/../a`,
        "link/passwd",
        "file",
        "folder",
        "plain/a",
        "a//b",
        "./a",
        "a\u0000b",
        "a\nb",
        ".hidden",
        "a/",
        "x".repeat(300),
      ]
    ) {
      assert.throws(() => resolveOutput(root, bad), (error) =>
        error instanceof AppError && error.code === "invalid", bad);
    }
  }));

Deno.test("the longest name that is taken can be written", () =>
  withRoot(async (root) => {
    const name = "é".repeat(80);
    const output = await openOutput(name, ports(root, { id: crypto.randomUUID(), token: 999 }));
    await output.write(bytes("whole"));
    await output.commit();
    assert.equal(Deno.readTextFileSync(`${root}/${name}`), "whole");
  }));

Deno.test("checkOutput() takes the buckets that are allowed, and plain keys", () => {
  checkOutput({ output: "s3://mine/a/b.parquet", types: ["arb"] }, "/root", ["mine"]);
  for (
    const [output, code] of [
      ["s3://other/a", "forbidden"],
      ["s3://mine", "invalid"],
      ["s3://mine/", "invalid"],
      ["s3://mine/../a", "invalid"],
      ["s3://mine/a//b", "invalid"],
      ["s3://MINE/a", "invalid"],
      ["s3://mine@evil.example/a", "invalid"],
    ]
  ) {
    assert.throws(
      () => checkOutput({ output: output!, types: ["arb"] }, "/root", ["mine"]),
      (error) => error instanceof AppError && error.code === code,
      output,
    );
  }
});

Deno.test("datasets and the folders that are made for them are private to their owner", () =>
  withRoot(async (root) => {
    const umask = Deno.umask(0);
    try {
      const output = await openOutput("below/a", ports(root));
      await output.write(bytes("one"));
      await output.commit();
    } finally {
      Deno.umask(umask);
    }
    const mode = (path: string) => Deno.statSync(path).mode! & 0o777;
    assert.deepEqual([mode(`${root}/below`), mode(`${root}/below/a`)], [0o700, 0o600]);
  }));

Deno.test("a file is written completely or not at all, and no existing file is replaced", () =>
  withRoot(async (root) => {
    const output = await openOutput("a", ports(root));
    await output.write(bytes("one"));
    assert.ok(!names(root).includes("a"));
    const { bytes: size } = await output.commit();
    assert.deepEqual([size, names(root), await Deno.readTextFile(`${root}/a`)], [3, ["a"], "one"]);
    await assert.rejects(openOutput("a", ports(root)), { code: "conflict" });
    const other = await openOutput("b", ports(root));
    await other.write(bytes("two"));
    await Deno.writeTextFile(`${root}/b`, "another's");
    await assert.rejects(other.commit(), { code: "conflict" });
    await other.discard();
    assert.deepEqual([names(root), await Deno.readTextFile(`${root}/b`)], [["a", "b"], "another's"]);
  }));

Deno.test("who lost the job publishes nothing, and who took it over clears up and publishes once", () =>
  withRoot(async (root) => {
    const lost = () => Promise.reject(new AppError("failed", "another has it"));
    const stopped = await openOutput("a", ports(root, { confirm: lost }));
    await stopped.write(bytes("same"));
    const next = await openOutput("a", ports(root, { token: 2 }));
    assert.equal(names(root).length, 1, "what the first one left is gone");
    await assert.rejects(stopped.commit());
    await stopped.discard();
    await next.write(bytes("same"));
    await next.commit();
    // Published by the second run and requested by the third: the same bytes do not make a second dataset.
    const third = await openOutput("a", ports(root, { token: 3 }));
    await third.write(bytes("same"));
    await third.commit();
    assert.deepEqual(names(root), ["a"]);
    const stale = await openOutput("c", ports(root));
    await stale.write(bytes("x"));
    await (await openOutput("c", ports(root, { token: 2 }))).discard();
    await assert.rejects(stale.commit(), /another run of this job has taken over/);
    assert.deepEqual(names(root), ["a"]);
  }));
