/**
 * Servers and libraries that tests need but that need not be installed: each is downloaded once, in advance, so that no
 * test waits for it.
 */
import { clickhouseFolder } from "./clickhouse.ts";
import { installKafka } from "./kafka.ts";
import { installS3 } from "./s3.ts";
import { trainersFolder } from "./trainers.ts";
import { timed } from "./command.ts";

/** Installs everything missing; throws at the first failure. */
export async function installServices(): Promise<void> {
  await Promise.all([
    timed("Kafka broker", installKafka),
    timed("S3 server", installS3),
    timed("ClickHouse library", clickhouseFolder),
    timed("training engines", trainersFolder),
  ]);
}
