/**
 * Writes a job's output: to a temporary name of this run beside its final place, and published in one step, only by the
 * run that holds the job. An existing file is never replaced.
 */
import { createHash, type Hash } from "node:crypto";
import { Buffer } from "node:buffer";
import { S3mini } from "s3mini";
import { AppError, firstLineOf } from "../core/platform/errors.ts";
import type { JobPorts } from "../core/jobs/worker_protocol.ts";

export interface Output {
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Publishes under the final name; throws `conflict` when that name is taken by something else. */
  commit(): Promise<{ bytes: number; sha256: string }>;
  /** Removes what was written, also after a failed commit. */
  discard(): Promise<void>;
}

/** A file system allows 255; the temporary name of an unfinished file is longer than its final name. */
const NAME_BYTES_MAX = 160;
const bytesOf = (text: string) => new TextEncoder().encode(text).length;

const PART_BYTES = 8 << 20;
/** Bytes of a file that may be unsynced. */
const SYNC_BYTES = 64 << 20;

/** Opens an output after every check of its place, and removes what an earlier run of this job left. */
export async function openOutput(output: string, ports: JobPorts): Promise<Output> {
  return output.startsWith("s3://")
    ? await S3Output.open(output, ports)
    : await FileOutput.open(resolveOutput(ports.settings.datasetsRoot, output), ports);
}

/** One file per type. With two types, the type comes before the extension. */
export function outputOf(
  args: { readonly output: string; readonly types: readonly string[] },
  type: string,
): string {
  if (args.types.length === 1) return args.output;
  const at = args.output.lastIndexOf(".");
  return at > args.output.lastIndexOf("/")
    ? `${args.output.slice(0, at)}-${type}${args.output.slice(at)}`
    : `${args.output}-${type}`;
}

/** What to write, and where that is allowed. */
export interface OutputRequest {
  readonly output: string;
  readonly types: readonly string[];
}

/** Whether an output could be written: its place is allowed, and no local file has its name. Throws the reason. */
export function checkOutput(request: OutputRequest, root: string, buckets: readonly string[]): void {
  // The output as requested comes first: a refusal names what the user wrote.
  if (request.output.startsWith("s3://")) bucketOf(request.output, buckets);
  else resolveOutput(root, request.output);
  for (const type of new Set(request.types)) {
    const output = outputOf(request, type);
    if (output.startsWith("s3://")) bucketOf(output, buckets);
    else if (lstat(resolveOutput(root, output))) throw exists(output);
  }
}

const refuse = (output: string, why: string) =>
  new AppError("invalid", `Cannot write ${JSON.stringify(output)}: ${why}`);

/** The path of an output below the allowed root; symlinks are not followed. */
export function resolveOutput(root: string, output: string): string {
  // deno-lint-ignore no-control-regex -- that is what is refused
  if (/[\u0000-\u001f\u007f]/.test(output)) throw refuse(output, "it has control characters");
  const relative = output.startsWith(`${root}/`) ? output.slice(root.length + 1) : output;
  if (relative.startsWith("/")) throw refuse(output, `it is not below ${root} (datasets.root)`);
  const parts = relative.split("/");
  if (parts.some((part) => part === "" || part === "." || part === "..")) {
    throw refuse(output, "it has empty parts, . or ..");
  }
  if (parts.some((part) => part.startsWith(".") || bytesOf(part) > NAME_BYTES_MAX)) {
    throw refuse(output, `a part of it is hidden or longer than ${NAME_BYTES_MAX} bytes`);
  }
  let at = root;
  for (const part of parts) {
    at += `/${part}`;
    const found = lstat(at);
    if (found?.isSymlink) throw refuse(output, `${at} is a symlink`);
    if (found && !found.isDirectory && at !== `${root}/${relative}`) {
      throw refuse(output, `${at} is not a folder`);
    }
    if (found?.isDirectory && at === `${root}/${relative}`) throw refuse(output, "it is a folder");
  }
  return at;
}

function lstat(path: string): Deno.FileInfo | null {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

const exists = (what: string) =>
  new AppError("conflict", `Cannot write ${what}: it exists already, choose another output or remove it`);

function diskError(path: string, error: unknown): AppError {
  const text = firstLineOf(error);
  if (/no space|os error 28/i.test(text)) {
    return new AppError("no_space", `Cannot write ${path}: the disk is full; nothing was published`);
  }
  return new AppError("failed", `Cannot write ${path}: ${text}; nothing was published`);
}

class FileOutput implements Output {
  readonly #hash: Hash = createHash("sha256");
  #bytes = 0;
  #unsynced = 0;
  #syncing: Promise<unknown> = Promise.resolve();
  #file: Deno.FsFile | undefined;

  private constructor(readonly path: string, readonly temporary: string, readonly ports: JobPorts) {}

  static async open(path: string, ports: JobPorts): Promise<FileOutput> {
    const folder = path.slice(0, path.lastIndexOf("/"));
    const name = path.slice(folder.length + 1);
    // On the first run nothing is published yet: an existing file is not ours.
    if (ports.token === 1 && lstat(path)) throw exists(path);
    const prefix = `.${name}.${ports.id}.`;
    const output = new FileOutput(path, `${folder}/${prefix}${ports.token}.part`, ports);
    try {
      await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
      for (const entry of Deno.readDirSync(folder)) {
        if (entry.name.startsWith(prefix)) await Deno.remove(`${folder}/${entry.name}`);
      }
      output.#file = await Deno.open(output.temporary, { createNew: true, write: true, mode: 0o600 });
    } catch (error) {
      throw diskError(path, error);
    }
    return output;
  }

  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
    this.#unsynced += bytes.length;
    try {
      for (let at = 0; at < bytes.length;) at += await this.#file!.write(bytes.subarray(at));
      if (this.#unsynced > SYNC_BYTES) {
        // Written bytes are synced while more arrive, so that little is left to wait for at the end.
        this.#unsynced = 0;
        await this.#syncing;
        this.#syncing = this.#file!.syncData();
        // The code that awaits it gets the error.
        this.#syncing.catch(() => {});
      }
    } catch (error) {
      throw diskError(this.path, error);
    }
  }

  async commit(): Promise<{ bytes: number; sha256: string }> {
    const published = { bytes: this.#bytes, sha256: this.#hash.digest("hex") };
    try {
      await this.#syncing;
      await this.#file!.syncData();
    } catch (error) {
      throw diskError(this.path, error);
    }
    this.#file!.close();
    this.#file = undefined;
    await this.ports.confirm();
    try {
      // A link, unlike a rename, does not replace an existing file.
      await Deno.link(this.temporary, this.path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) {
        throw new AppError("failed", `Cannot publish ${this.path}: another run of this job has taken over`);
      }
      if (!(error instanceof Deno.errors.AlreadyExists)) throw diskError(this.path, error);
      // An earlier run published the file, and died before it could report that.
      if (await hashOf(this.path) !== published.sha256) throw exists(this.path);
    }
    await this.discard();
    return published;
  }

  async discard(): Promise<void> {
    await this.#syncing.catch(() => {});
    this.#file?.close();
    this.#file = undefined;
    await Deno.remove(this.temporary).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  using file = await Deno.open(path);
  const room = new Uint8Array(1 << 20);
  for (let read; (read = await file.read(room)) !== null;) hash.update(room.subarray(0, read));
  return hash.digest("hex");
}

function bucketOf(output: string, buckets: readonly string[]): { bucket: string; key: string } {
  const [, bucket, key] =
    /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/([A-Za-z0-9!_.*'()/-]{1,900})$/.exec(output) ?? [];
  if (!bucket || !key) throw refuse(output, "need s3://bucket/key with plain letters");
  if (key.split("/").some((part) => part === "" || part === "." || part === "..")) {
    throw refuse(output, "its key has empty parts, . or ..");
  }
  if (!buckets.includes(bucket)) {
    throw new AppError("forbidden", `Cannot write ${output}: bucket ${bucket} is not among s3.buckets`);
  }
  return { bucket, key };
}

class S3Output implements Output {
  readonly #hash: Hash = createHash("sha256");
  readonly #parts: { partNumber: number; etag: string }[] = [];
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #bytes = 0;
  #upload = "";

  private constructor(
    readonly output: string,
    readonly key: string,
    readonly client: S3mini,
    readonly ports: JobPorts,
  ) {}

  static async open(output: string, ports: JobPorts): Promise<S3Output> {
    const { endpoint, region, accessKeyId, secretAccessKey, buckets } = ports.settings.s3;
    const { bucket, key } = bucketOf(output, buckets);
    if (!accessKeyId || !secretAccessKey) {
      throw new AppError(
        "invalid",
        `Cannot write ${output}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`,
      );
    }
    const base = endpoint.replace(/\/*$/, "") || `https://s3.${region}.amazonaws.com`;
    const client = new S3mini({ accessKeyId, secretAccessKey, endpoint: `${base}/${bucket}`, region });
    const opened = new S3Output(output, key, client, ports);
    await opened.#call(async () => {
      if (ports.token === 1 && await client.objectExists(key) === true) throw exists(output);
      if (ports.token > 1) await opened.#abortOthers();
      opened.#upload = await client.getMultipartUploadId(key, "application/octet-stream");
    });
    return opened;
  }

  /** Aborts uploads of this key that an earlier run began. */
  async #abortOthers(): Promise<void> {
    const listed = await this.client.listMultipartUploads("/", this.key) as unknown as Record<
      string,
      unknown
    >;
    const found = (listed.upload ?? listed.Upload ?? []) as unknown;
    const uploads = (Array.isArray(found) ? found : [found]) as Record<string, string>[];
    for (const upload of uploads) {
      const id = upload.uploadId ?? upload.UploadId;
      if (id && (upload.key ?? upload.Key) === this.key) await this.client.abortMultipartUpload(this.key, id);
    }
  }

  async #call<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      if (error instanceof AppError) throw error;
      const text = firstLineOf(error);
      const full = /507|insufficient|no space|quota/i.test(text);
      throw new AppError(
        full ? "no_space" : "unavailable",
        `Cannot write ${this.output}: ${full ? "the bucket is full" : text}; nothing was published`,
        { cause: error },
      );
    }
  }

  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    if (this.#heldBytes >= PART_BYTES) await this.#send();
  }

  async #send(): Promise<void> {
    const body = Buffer.concat(this.#held);
    [this.#held, this.#heldBytes] = [[], 0];
    const part = await this.#call(() =>
      this.client.uploadPart(this.key, this.#upload, body, this.#parts.length + 1)
    );
    this.#parts.push(part);
  }

  async commit(): Promise<{ bytes: number; sha256: string }> {
    if (this.#heldBytes > 0 || this.#parts.length === 0) await this.#send();
    await this.ports.confirm();
    await this.#call(() => this.client.completeMultipartUpload(this.key, this.#upload, this.#parts));
    this.#upload = "";
    return { bytes: this.#bytes, sha256: this.#hash.digest("hex") };
  }

  async discard(): Promise<void> {
    if (this.#upload === "") return;
    const upload = this.#upload;
    this.#upload = "";
    await this.#call(() => this.client.abortMultipartUpload(this.key, upload));
  }
}
