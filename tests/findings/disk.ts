/** A small ext4 disk for one test that can be full, refuse writes, or fail like a broken disk. */
import { canMount } from "../e2e/executable.ts";

const decoder = new TextDecoder();

/** The output of a command, or why it failed. */
async function sh(script: string, ...words: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("sh", { args: ["-c", script, "sh", ...words] })
    .output();
  if (!success) throw new Error(`${script} ${words.join(" ")}: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout).trim();
}

export class Disk {
  private constructor(private readonly folder: string, private readonly device: string) {}

  /** Runs with a disk mounted at `folder`; where mounts are not allowed, without a disk and with `undefined`. */
  static async with(
    folder: string,
    bytes: number,
    run: (disk: Disk | undefined) => Promise<void>,
  ): Promise<void> {
    if (!canMount) return await run(undefined);
    const image = await Deno.makeTempFile({ prefix: "legend-disk-" });
    try {
      await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
      await Deno.truncate(image, bytes);
      const isMounted = await sh(
        'mkfs.ext4 -q -F -m 0 "$1" && mount -o loop,errors=remount-ro "$1" "$2" && rmdir "$2/lost+found" && chmod 700 "$2"',
        image,
        folder,
      ).then(() => true, () => false);
      if (!isMounted) return await run(undefined);
      try {
        await run(new Disk(folder, (await sh('findmnt -no SOURCE "$1"', folder)).replace("/dev/", "")));
      } finally {
        await sh('umount -l "$1"', folder);
      }
    } finally {
      await Deno.remove(image);
    }
  }

  /** Fills the disk until it is disposed. */
  async full(): Promise<AsyncDisposable> {
    const filler = `${this.folder}/filler`;
    // The last blocks one by one: other writers allocate and free blocks meanwhile.
    await sh(
      'fallocate -l "$(df -B1 --output=avail "$2" | tail -n 1)" "$1" 2>/dev/null; cat /dev/zero >> "$1" 2>/dev/null; true',
      filler,
      this.folder,
    );
    return disposable(() => Deno.remove(filler));
  }

  /** Forbids every write, also to open files, until it is disposed. */
  async forbidden(): Promise<AsyncDisposable> {
    const changeFlag = (sign: "+i" | "-i") =>
      sh(`find "$1" -xdev \\( -type f -o -type d \\) -exec chattr ${sign} -- {} +`, this.folder);
    // A file may be renamed while the attributes are set, so those of the folder are set first.
    await sh('chattr +i "$1"', this.folder);
    await changeFlag("+i");
    return disposable(() => changeFlag("-i"));
  }

  /** Like the kernel when a disk breaks: all writes fail, permanently. */
  async break(): Promise<void> {
    await Deno.writeTextFile(`/sys/fs/ext4/${this.device}/trigger_fs_error`, "broken by the test");
  }
}

function disposable(undo: () => Promise<unknown>): AsyncDisposable {
  let isDone = false;
  return {
    async [Symbol.asyncDispose]() {
      if (isDone) return;
      isDone = true;
      await undo();
    },
  };
}
