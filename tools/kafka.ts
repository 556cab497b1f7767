/**
 * A real Apache Kafka broker (KRaft, one node) from Maven Central's jars, without a container: `deno run -A
 * tools/kafka.ts install|start [PORT]|classpath`; Ctrl-C stops it. Needs Java 17 and Maven. Tests use `startKafka`,
 * which starts a broker of their own in a temporary folder.
 */
import { say } from "./command.ts";
import { CACHE } from "./paths.ts";
import { KAFKA, LOG4J } from "./pins.ts";
import { delay } from "../core/platform/delay.ts";

const LIBS = `${CACHE}/kafka-${KAFKA}`;
const READY_MS = 60_000;
const INSTALL_TRIES = 4;

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>local</groupId><artifactId>kafka-libs</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${KAFKA}</version></dependency>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>${KAFKA}</version></dependency>
<dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>${LOG4J}</version></dependency>
</dependencies></project>`;

/** Downloads the jars once. Returns the Java class path. */
export async function installKafka(): Promise<string> {
  const complete = `${LIBS}/.complete`;
  if (await Deno.stat(complete).then(() => true, () => false)) return `${LIBS}/*`;
  await Deno.mkdir(CACHE, { recursive: true });
  const work = await Deno.makeTempDir({ dir: CACHE, prefix: "kafka-install-" });
  try {
    await Deno.writeTextFile(`${work}/pom.xml`, POM);
    for (let tries = 1;; tries++) {
      const { code, stdout } = await new Deno.Command("mvn", {
        args: [
          "-q",
          "-B",
          "-f",
          `${work}/pom.xml`,
          "dependency:copy-dependencies",
          `-DoutputDirectory=${work}/libs`,
          "-DincludeScope=runtime",
        ],
        stdout: "piped",
        stderr: "null",
      }).output();
      if (code === 0) break;
      const last = new TextDecoder().decode(stdout).trim().split("\n").slice(0, 3).join(" ");
      if (tries === INSTALL_TRIES) {
        throw new Error(`Cannot install Kafka: mvn failed ${tries} times: ${last}`);
      }
      say(`mvn failed, try ${tries + 1} in ${5 * tries} s`);
      await delay(5_000 * tries);
    }
    await Deno.writeTextFile(`${work}/libs/.complete`, "");
    // Another installation may have been faster; both have the same jars.
    await Deno.rename(`${work}/libs`, LIBS).catch(() => {});
  } finally {
    await Deno.remove(work, { recursive: true });
  }
  return `${LIBS}/*`;
}

export interface KafkaOptions {
  readonly port: number;
  /** Kept between starts: a broker started on it again has its records. */
  readonly folder: string;
  /** Address under which clients reach it; loopback by default. */
  readonly host?: string;
  /** Words before each Java command, for a network namespace. */
  readonly prefix?: readonly string[];
  /** Files: a PEM key with its certificate chain, and the authorities for client certificates. */
  readonly tls?: { readonly keyAndChain: string; readonly clients: string };
  /** Users of SASL PLAIN with their passwords; without it there is no login. */
  readonly users?: Readonly<Record<string, string>>;
}

export interface KafkaBroker {
  readonly brokers: string;
  readonly pid: number;
  /** Stops it normally. */
  stop(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
  /** Stops answering without ending, and can be resumed. */
  pause(): void;
  resume(): void;
}

function properties({ port, folder, host = "127.0.0.1", users, tls }: KafkaOptions): string {
  const protocol = tls ? "SSL" : users ? "SASL_PLAINTEXT" : "PLAINTEXT";
  const ssl = tls
    ? [
      "ssl.client.auth=required",
      "ssl.keystore.type=PEM",
      `ssl.keystore.location=${tls.keyAndChain}`,
      "ssl.truststore.type=PEM",
      `ssl.truststore.location=${tls.clients}`,
    ]
    : [];
  const logins = Object.entries(users ?? {}).map(([name, password]) => `user_${name}="${password}"`).join(
    " ",
  );
  const sasl = users
    ? [
      "sasl.enabled.mechanisms=PLAIN",
      "sasl.mechanism.inter.broker.protocol=PLAIN",
      `listener.name.clients.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required ${logins};`,
    ]
    : [];
  return [
    "process.roles=broker,controller",
    "node.id=1",
    `controller.quorum.voters=1@127.0.0.1:${port + 1}`,
    "controller.listener.names=CONTROLLER",
    `listeners=CLIENTS://${host}:${port},INNER://127.0.0.1:${port + 2},CONTROLLER://127.0.0.1:${port + 1}`,
    `advertised.listeners=CLIENTS://${host}:${port},INNER://127.0.0.1:${port + 2}`,
    "inter.broker.listener.name=INNER",
    `listener.security.protocol.map=CLIENTS:${protocol},INNER:PLAINTEXT,CONTROLLER:PLAINTEXT`,
    `log.dirs=${folder}/log`,
    "num.network.threads=2",
    "num.io.threads=2",
    "offsets.topic.num.partitions=1",
    "offsets.topic.replication.factor=1",
    "transaction.state.log.num.partitions=1",
    "transaction.state.log.replication.factor=1",
    "transaction.state.log.min.isr=1",
    "group.initial.rebalance.delay.ms=0",
    "log.segment.bytes=67108864",
    "log.cleaner.dedupe.buffer.size=16777216",
    "auto.create.topics.enable=false",
    "message.max.bytes=10485760",
    ...sasl,
    ...ssl,
    "",
  ].join("\n");
}

const LOGGER = [
  "status=error",
  "rootLogger.level=warn",
  "rootLogger.appenderRef.c.ref=c",
  "appender.c.type=Console",
  "appender.c.name=c",
  "appender.c.layout.type=PatternLayout",
  "appender.c.layout.pattern=%d %p %c: %m%n",
  "logger.srv.name=kafka.server.KafkaRaftServer",
  "logger.srv.level=info",
  "",
].join("\n");

/** 22 characters of URL-safe base64, as Kafka requires for a cluster id. */
function clusterId(): string {
  const letters = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))));
  return letters.replaceAll("+", "A").replaceAll("/", "B").replaceAll("=", "");
}

/** A port that is free now, with the two ports after it. */
export function freePort(): number {
  for (let tries = 0; tries < 100; tries++) {
    // Below the range from which the kernel assigns ports to connections.
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const open: Deno.Listener[] = [];
    try {
      for (const each of [port, port + 1, port + 2]) {
        open.push(Deno.listen({ port: each, hostname: "127.0.0.1" }));
      }
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    } finally {
      open.forEach((listener) => listener.close());
    }
  }
  throw new Error("Cannot find three free ports");
}

/** Starts a broker and waits until it serves. */
export async function startKafka(options: KafkaOptions): Promise<KafkaBroker> {
  const libs = await installKafka();
  const { folder, port, host = "127.0.0.1", prefix = [] } = options;
  const [program = "java", ...before] = [...prefix, "java"];
  await Deno.mkdir(folder, { recursive: true });
  const [config, log4j] = [`${folder}/server.properties`, `${folder}/log4j2.properties`];
  await Deno.writeTextFile(config, properties(options));
  await Deno.writeTextFile(log4j, LOGGER);
  const java = [`-Dlog4j2.configurationFile=${log4j}`, "-cp", libs];
  if (!await Deno.stat(`${folder}/log/meta.properties`).then(() => true, () => false)) {
    const { code, stdout, stderr } = await new Deno.Command(program, {
      args: [
        ...before,
        "-Xmx128m",
        "-XX:TieredStopAtLevel=1",
        ...java,
        "kafka.tools.StorageTool",
        "format",
        "-t",
        clusterId(),
        "-c",
        config,
      ],
    }).output();
    if (code !== 0) {
      throw new Error(
        `Cannot format Kafka: ${new TextDecoder().decode(stdout)}${new TextDecoder().decode(stderr)}`,
      );
    }
  }
  const child = new Deno.Command(program, {
    args: [...before, "-Xmx320m", "-Xms320m", "-XX:+UseG1GC", ...java, "kafka.Kafka", config],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const { ready, ended } = watch(child.stdout);
  const over = new AbortController();
  const up = await Promise.race([
    ready,
    delay(READY_MS, over.signal).then(() => false),
    ended.then(() => false),
  ]);
  over.abort();
  if (!up) {
    child.kill("SIGKILL");
    throw new Error(`Cannot start Kafka in ${folder}: ${(await ended).slice(-2_000)}`);
  }
  const end = async (signal: Deno.Signal) => {
    try {
      child.kill(signal);
    } catch {
      // The process has already ended.
    }
    await Promise.all([child.status, ended]);
  };
  return {
    brokers: `${host}:${port}`,
    pid: child.pid,
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    pause: () => child.kill("SIGSTOP"),
    resume: () => child.kill("SIGCONT"),
  };
}

/** Reads the broker's output: detects when it serves, and returns all of it when it ends. */
function watch(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): { ready: Promise<true>; ended: Promise<string> } {
  let text = "";
  let serve: (value: true) => void = () => {};
  const ready = new Promise<true>((resolve) => (serve = resolve));
  const ended = (async () => {
    for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
      text = (text + chunk).slice(-20_000);
      if (text.includes("Kafka Server started")) serve(true);
    }
    return text;
  })();
  return { ready, ended };
}

/** Runs `run` with its own broker. */
export async function withKafka(
  run: (broker: KafkaBroker) => Promise<void>,
  options: Partial<KafkaOptions> = {},
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "legend-kafka-" });
  try {
    const broker = await startKafka({ port: freePort(), folder, ...options });
    try {
      await run(broker);
    } finally {
      await broker.kill();
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) {
  const [verb, port = "19092"] = Deno.args;
  const folder = `${CACHE}/kafka-data-${port}`;
  if (verb === "install" || verb === "classpath") {
    Deno.stdout.writeSync(new TextEncoder().encode(`${await installKafka()}\n`));
  } else if (verb === "start") {
    const broker = await startKafka({ port: Number(port), folder });
    say(`Kafka serves on ${broker.brokers}, process ${broker.pid}; Ctrl-C ends it`);
    await new Promise<void>((resolve) => Deno.addSignalListener("SIGINT", resolve));
    await broker.stop();
    Deno.exit(0);
  } else {
    say("usage: deno run -A tools/kafka.ts install|start [PORT]|classpath");
    Deno.exit(2);
  }
}
