/** A real broker that only speaks TLS and requires client certificates. */
import assert from "node:assert/strict";
import { freePort, startKafka } from "../../tools/kafka.ts";
import { legend, withFolder } from "../e2e/executable.ts";
import { startClickHouse } from "./cluster.ts";
import { storeOfUrl } from "./lossless.ts";

async function openssl(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", { args, stderr: "piped" }).output();
  if (!success) throw new Error(`openssl ${args[0]}: ${new TextDecoder().decode(stderr)}`);
}

/** A certificate authority, and a certificate from it for each name. */
async function certificates(folder: string, authority: string, names: readonly string[]): Promise<void> {
  const at = (name: string) => `${folder}/${name}`;
  await openssl(
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-days",
    "2",
    "-subj",
    `/CN=${authority}`,
    "-keyout",
    at(`${authority}.key`),
    "-out",
    at(`${authority}.pem`),
  ); // deno-fmt-ignore-line
  await Deno.writeTextFile(at("ext"), "subjectAltName=IP:127.0.0.1\n");
  for (const name of names) {
    await openssl(
      "req",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-subj",
      `/CN=${name}`,
      "-keyout",
      at(`${name}.key`),
      "-out",
      at(`${name}.csr`),
    );
    await openssl(
      "x509",
      "-req",
      "-in",
      at(`${name}.csr`),
      "-CA",
      at(`${authority}.pem`),
      "-CAkey",
      at(`${authority}.key`),
      "-CAcreateserial",
      "-days",
      "2",
      "-extfile",
      at("ext"),
      "-out",
      at(`${name}.pem`),
    );
    await openssl("pkcs8", "-topk8", "-nocrypt", "-in", at(`${name}.key`), "-out", at(`${name}.pkcs8`));
  }
}

Deno.test("a broker with mTLS: records go from host to store; without or with a foreign certificate one line", () =>
  withFolder(async (folder) => {
    await certificates(folder, "authority", ["broker", "host"]);
    await certificates(folder, "stranger", ["foreign"]);
    const read = (name: string) => Deno.readTextFile(`${folder}/${name}`);
    await Deno.writeTextFile(`${folder}/broker.both`, await read("broker.pkcs8") + await read("broker.pem"));
    const broker = await startKafka({
      port: freePort(),
      folder: `${folder}/kafka`,
      tls: { keyAndChain: `${folder}/broker.both`, clients: `${folder}/authority.pem` },
    });
    const server = await startClickHouse(`${folder}/clickhouse`);
    try {
      const run = async (config: string, words: readonly string[]) => {
        await Deno.writeTextFile(`${folder}/legend.toml`, `[kafka]\ntls = true\n${config}`);
        const env = { KAFKA_BROKERS: broker.brokers, CLICKHOUSE_URL: server.url };
        return await legend([...words, "--data-dir", `${folder}/data`, "--config", `${folder}/legend.toml`], {
          env,
        });
      };
      const file = (key: string, name: string) => `${key} = "${folder}/${name}"\n`;
      const trusted = file("tls_ca", "authority.pem");
      const known = trusted + file("tls_cert", "host.pem") + file("tls_key", "host.key");
      const foreign = trusted + file("tls_cert", "foreign.pem") + file("tls_key", "foreign.key");
      for (
        const [what, config] of [["none", trusted], ["foreign", foreign], ["untrusted broker", ""]] as const
      ) {
        const { code, stderr } = await run(config, ["topics", "list"]);
        assert.equal(code, 3, `${what}: ${stderr}`);
        assert.match(
          stderr,
          /Kafka at 127\.0\.0\.1:\d+ cannot be used \(.+\); check KAFKA_BROKERS and the broker, and with TLS kafka\.tls_ca,/,
          what,
        );
        assert.equal(stderr.trim().split("\n").length, 1, what);
      }
      const made = await run(known, ["topics", "create"]);
      assert.equal(made.code, 0, made.stderr);
      const ran = await run(known, ["run", "--source", "file:examples"]);
      assert.equal(ran.code, 0, ran.stderr);
      const stored = await run(known, ["run", "sink", "--until-stored"]);
      assert.equal(stored.code, 0, stored.stderr);
      const [rows] = await storeOfUrl(server.url).query("SELECT count() AS rows FROM arb_opportunities");
      assert.notEqual(rows!.rows, "0");
    } finally {
      await Promise.all([broker.kill(), server.part.end("SIGKILL")]);
    }
  }));
