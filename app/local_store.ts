import { lockFile } from "../core/platform/data_dir.ts";
import { AppError, messageOf } from "../core/platform/errors.ts";
import { delay } from "../core/platform/delay.ts";
import { makeFolder, readOrMake, replaceFile } from "../core/platform/atomic_file.ts";
import { LOCAL_STORE_FILE, LOCAL_TIER, type LocalStore } from "../core/store/address.ts";
import { Store } from "../core/store/client.ts";
import { randomSecret } from "../core/auth/passwords.ts";
import { exitAtOnce } from "../ffi/process.ts";
import { runStore as runClickHouse } from "../ffi/store.ts";
import type { Context } from "./context.ts";
import { EXIT } from "../core/platform/exit.ts";

/** The query that keeps the library's server running. */
const KEEP_ALIVE = "legend-store";
const START_MS = 60_000;
const POLL_MS = 60_000;
/** How often the store's own port is tried. */
const DOOR_MS = 1_000;
/** After this many refused connections in a row, the port counts as closed. */
const REFUSED_MAX = 2;
/** A busy store may be slow; after this long without an answer it counts as stuck. */
const SILENT_MS = 60_000;

/**
 * Runs this host's own ClickHouse until the signal; the process ends with it. Throws `unavailable` when it cannot
 * start.
 */
export async function runStore(context: Context): Promise<never> {
  const library = await clickhouseLibrary(context);
  makeFolder(`${context.dataDir().path}/store`);
  const folder = Deno.realPathSync(`${context.dataDir().path}/store`);
  using _lock = lockFile(
    `${folder}/lock`,
    () => new AppError("unavailable", `Cannot start the store: another one runs in ${folder}, stop it first`),
  );
  const local: LocalStore = {
    port: context.setting("store.port") || freePort(),
    // A random user name too: without it an attacker cannot even try a password.
    user: readOrMake(`${folder}/user`, () => `legend_${randomSecret().replaceAll(/[^A-Za-z0-9]/g, "")}`),
    password: readOrMake(`${folder}/password`, randomSecret),
    pid: Deno.pid,
  };
  const args = await configure(
    folder,
    local,
    context.setting("store.memory_bytes"),
    tierOf(context, folder),
  );
  // The library searches for format schemas in the working directory, whatever its configuration says.
  makeFolder(`${folder}/format_schemas`);
  Deno.chdir(`${folder}/format_schemas`);
  const ended = runClickHouse(context.library(), { library, args });
  let over = false;
  const end = ended.finally(() => (over = true));
  const store = new Store(() => ({
    url: `http://127.0.0.1:${local.port}/`,
    user: local.user,
    password: local.password,
    database: "default",
  }));
  const stopped = new Promise((resolve) => context.signal.addEventListener("abort", resolve));
  await Promise.race([answers(store, () => over), end, stopped]);
  if (context.signal.aborted) return exitAtOnce(context.library(), EXIT.done);
  // ClickHouse has reported the reason on stderr.
  if (over) {
    throw new AppError("unavailable", `Cannot start the store in ${folder}: its server ended immediately`);
  }
  const file = `${folder}/${LOCAL_STORE_FILE}`;
  replaceFile(file, JSON.stringify(local));
  context.say(`the analytics store serves on 127.0.0.1:${local.port}`);
  const timer = setInterval(() => keepSmall(store, context), POLL_MS);
  try {
    const why = await Promise.race([
      Promise.race([end, stopped]).then(() => undefined),
      watchDoor(store, local.port, context.signal),
    ]);
    if (why) {
      context.say(`Cannot continue: ${why}`);
      return exitAtOnce(context.library(), EXIT.failed);
    }
  } finally {
    clearInterval(timer);
    Deno.removeSync(file);
  }
  if (!context.signal.aborted) {
    throw new AppError("failed", "Cannot continue: the store's server ended unexpectedly");
  }
  // ClickHouse's own shutdown waits seconds for its connections, and may give this process an exit code of its own.
  // Everything it has acknowledged is in its files, as after a kill; nothing else is required.
  return exitAtOnce(context.library(), EXIT.done);
}

/** ClickHouse's library file: LEGEND_CHDB in a checkout, else unpacked from the executable. */
async function clickhouseLibrary(context: Context): Promise<string> {
  const given = Deno.env.get("LEGEND_CHDB");
  if (given) return Deno.realPathSync(given);
  const { success, stdout, stderr } = await context.respawn(["__unpack", "clickhouse"]).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  if (!success) throw new AppError("unavailable", text(stderr).split("\n").at(-1)!);
  return `${text(stdout)}/libchdb.so`;
}

function freePort(): number {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

/**
 * The storage policy that moves old rows to a bucket; "" without one. Only the owner can read its file. Rows move by
 * age only: ClickHouse's own rule would also move young rows when the disk is nine tenths full.
 */
function tierOf(context: Context, folder: string): string {
  const url = context.setting("store.tier_url");
  if (!url) return "";
  const escaped = (text: string) =>
    text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const { policy, volume } = LOCAL_TIER;
  return `<storage_configuration><disks><s3><type>s3</type><endpoint>${
    escaped(url.replace(/\/*$/, "/"))
  }</endpoint>
<access_key_id>${escaped(context.setting("s3.access_key_id"))}</access_key_id>
<secret_access_key>${escaped(context.setting("s3.secret_access_key"))}</secret_access_key>
<region>${
    escaped(context.setting("s3.region"))
  }</region><metadata_path>${folder}/s3/</metadata_path></s3></disks>
<policies><${policy}><volumes><main><disk>default</disk></main><${volume}><disk>s3</disk></${volume}></volumes>
<move_factor>0</move_factor></${policy}></policies>
</storage_configuration>`;
}

/** Writes the server's configuration. Returns the arguments that start it. */
async function configure(
  folder: string,
  { port, user, password }: LocalStore,
  memory: number,
  tier: string,
): Promise<string[]> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(password));
  const sha = new Uint8Array(digest).toHex();
  const loopback = "<networks><ip>::1</ip><ip>127.0.0.1</ip></networks>";
  const users = `<clickhouse><profiles><default/></profiles><quotas><default/></quotas><users>
<${user}><password_sha256_hex>${sha}</password_sha256_hex>${loopback}<profile>default</profile>
<quota>default</quota><access_management>1</access_management></${user}>
<default><no_password/><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota>
<grants><query>GRANT SYSTEM LISTEN ON *.*</query><query>GRANT SELECT ON system.numbers</query></grants></default>
</users></clickhouse>`;
  // The query inside the process belongs to the user `default`, who has no password. No request reaches a handler, and
  // through it any user, without the user name that only the parts know.
  const header = `<headers><X-ClickHouse-User>${user}</X-ClickHouse-User></headers>`;
  // A thread that has run a query keeps three files of /proc open until it ends: few threads wait for the next query.
  const config = `<clickhouse><users_config>${folder}/users.xml</users_config>
<display_name>legend</display_name><http_handlers><rule>${header}
<handler><type>dynamic_query_handler</type><query_param_name>query</query_param_name></handler></rule></http_handlers>
<user_files_path>${folder}/user_files/</user_files_path>
<format_schema_path>${folder}/format_schemas/</format_schema_path>
<max_server_memory_usage>${memory}</max_server_memory_usage>
<mark_cache_size>134217728</mark_cache_size><uncompressed_cache_size>0</uncompressed_cache_size>
<background_pool_size>2</background_pool_size><background_schedule_pool_size>4</background_schedule_pool_size>
<max_thread_pool_size>256</max_thread_pool_size><max_thread_pool_free_size>8</max_thread_pool_free_size>
<merge_tree><max_bytes_to_merge_at_max_space_in_pool>10737418240</max_bytes_to_merge_at_max_space_in_pool>
<number_of_free_entries_in_pool_to_execute_mutation>1</number_of_free_entries_in_pool_to_execute_mutation>
<number_of_free_entries_in_pool_to_lower_max_size_of_merge>1</number_of_free_entries_in_pool_to_lower_max_size_of_merge>
<number_of_free_entries_in_pool_to_execute_optimize_entire_partition>1</number_of_free_entries_in_pool_to_execute_optimize_entire_partition>
</merge_tree>${tier}</clickhouse>`;
  replaceFile(`${folder}/users.xml`, users);
  replaceFile(`${folder}/config.xml`, config);
  return [
    "clickhouse",
    `--config-file=${folder}/config.xml`,
    `--path=${folder}/data`,
    "--listen_host=127.0.0.1",
    `--http_port=${port}`,
    "--multiquery",
    `--query_id=${KEEP_ALIVE}`,
    "--query=SYSTEM START LISTEN HTTP; SELECT sleepEachRow(0.5) FROM system.numbers " +
    "SETTINGS max_block_size=1, function_sleep_max_microseconds_per_block=10000000, max_execution_time=0 FORMAT Null",
  ];
}

/**
 * Waits until the store's port is closed or the store stops answering, and returns the reason; undefined when the
 * signal ends the wait.
 */
async function watchDoor(store: Store, port: number, signal: AbortSignal): Promise<string | undefined> {
  let [refused, answered] = [0, performance.now()];
  let asked: Promise<void> | undefined;
  while (!signal.aborted) {
    await delay(DOOR_MS, signal);
    const isClosed = await Deno.connect({ hostname: "127.0.0.1", port }).then((connection) => {
      connection.close();
      return false;
    }, (error) => error instanceof Deno.errors.ConnectionRefused);
    refused = isClosed ? refused + 1 : 0;
    if (refused >= REFUSED_MAX) return `the store no longer accepts connections on 127.0.0.1:${port}`;
    asked ??= store.command("SELECT 1").then(() => {
      answered = performance.now();
    }, () => {}).finally(() => (asked = undefined));
    if (performance.now() - answered > SILENT_MS) {
      return `the store has not answered for ${SILENT_MS / 1000} s`;
    }
  }
  return undefined;
}

async function answers(store: Store, isOver: () => boolean): Promise<void> {
  const begin = performance.now();
  while (!isOver()) {
    const up = await store.command("SELECT 1").then(() => true, () => false);
    if (up) return;
    if (performance.now() - begin > START_MS) {
      throw new AppError(
        "unavailable",
        `Cannot start the store: it does not answer after ${START_MS / 1000} s`,
      );
    }
    await delay(50);
  }
}

/** Above its size limit the store drops whole months, the ones written longest ago first. */
async function keepSmall(store: Store, context: Context): Promise<void> {
  const bound = context.setting("store.bytes_max");
  try {
    const parts = await store.query<{ table: string; partition: string; bytes: string; database: string }>(
      "SELECT database, table, partition, sum(bytes_on_disk) AS bytes, min(modification_time) AS at FROM system.parts " +
        "WHERE active AND database NOT IN ('system') GROUP BY database, table, partition ORDER BY at",
    );
    let total = parts.reduce((sum, { bytes }) => sum + Number(bytes), 0);
    for (const { database, table, partition, bytes } of parts) {
      if (total <= bound) return;
      if (table === "sink_batches" || table === "schema_version") continue;
      await store.command(`ALTER TABLE ${database}.${table} DROP PARTITION ${partition}`);
      total -= Number(bytes);
      context.say(
        `the store exceeds store.bytes_max: month ${partition} of ${table} was deleted, ${bytes} bytes`,
        "warn",
      );
    }
  } catch (error) {
    context.say(messageOf(error));
  }
}
