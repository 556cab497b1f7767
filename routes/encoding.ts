/** Compresses answers, as far as the client can read them. */
import { hash } from "node:crypto";
import { gzipSync, zstdCompressSync } from "node:zlib";

export type Encoding = "gzip" | "zstd";

/** Below this size the header outweighs the saving. */
const LEAST_BYTES = 1_024;
/** Content types that are text. Event streams and files that are already compressed are left alone. */
const TEXT = /^(application\/(problem\+)?json|text\/(html|plain|css|javascript)|image\/svg\+xml)\b/;
const GZIP_LEVEL = 5;

/** The best encoding that `Accept-Encoding` names; null: none that we have. `q=0` excludes one. */
export function encodingOf(accepted: string | undefined): Encoding | null {
  const words = (accepted ?? "").toLowerCase().split(",").map((word) => word.trim());
  const takes = (name: string) =>
    words.some((word) => {
      const [coding, ...more] = word.split(";").map((part) => part.trim());
      return coding === name && !more.some((part) => /^q=0(\.0*)?$/.test(part));
    });
  return takes("zstd") ? "zstd" : takes("gzip") ? "gzip" : null;
}

/** Compresses now. */
export function pack(bytes: Uint8Array | string, encoding: Encoding): Uint8Array<ArrayBuffer> {
  const packed = encoding === "zstd" ? zstdCompressSync(bytes) : gzipSync(bytes, { level: GZIP_LEVEL });
  return new Uint8Array(packed);
}

/** What the request says about its client. */
export interface Reader {
  /** `Accept-Encoding`. */
  readonly accepts: string | undefined;
  /** `If-None-Match`: the ETag of the answer that the client has; only used with `marks`. */
  readonly has: string | undefined;
  /** Whether the answer may have an ETag: the request only reads. */
  readonly tagged: boolean;
}

/** The same answer, compressed when it is text and long enough; 304 when the client has it already. */
export async function packed(response: Response, { accepts, has, tagged: marks }: Reader): Promise<Response> {
  const { headers, body, status } = response;
  const type = headers.get("content-type") ?? "";
  if (!body || !TEXT.test(type)) return response;
  headers.set("vary", "accept-encoding");
  const encoding = headers.has("content-encoding") ? null : encodingOf(accepts);
  if (!encoding) return response;
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (marks && status === 200 && bytes.length >= LEAST_BYTES && type.startsWith("application/json")) {
    const tag = `W/"${hash("sha1", bytes, "base64url")}"`;
    headers.set("etag", tag);
    if (has === tag) return new Response(null, { status: 304, headers });
  }
  if (bytes.length < LEAST_BYTES) return new Response(bytes, { status, headers });
  headers.set("content-encoding", encoding);
  headers.delete("content-length");
  return new Response(pack(bytes, encoding), { status, headers });
}
