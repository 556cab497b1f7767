/**
 * A file system of a few MiB for tests of full disks; needs root, otherwise those tests report that they did not run.
 */
import { exec, say } from "./command.ts";

/** Runs with `LEGEND_SMALL_DISK` pointing at a 4 MiB file system. */
export async function withSmallDisk<T>(run: (env: Record<string, string>) => Promise<T>): Promise<T> {
  if (Deno.uid() !== 0) {
    say("not root: the log's full-disk test will be skipped");
    return await run({});
  }
  const folder = await Deno.makeTempDir({ prefix: "legend-disk-" });
  const { code } = await exec("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", folder]);
  try {
    return await run(code === 0 ? { LEGEND_SMALL_DISK: folder } : {});
  } finally {
    if (code === 0) await exec("umount", ["-l", folder]);
    await Deno.remove(folder, { recursive: true }).catch(() => {});
  }
}
