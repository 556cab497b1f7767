/** Answers in fewer bytes, as the client says it can read them. */
import { gzipSync, zstdCompressSync } from "node:zlib";

export type Encoding = "gzip" | "zstd";

/** Below this the head outweighs what is saved. */
const LEAST_BYTES = 1_024;
/** What is text. Streams of events and files that are packed already are left alone. */
const TEXT = /^(application\/(problem\+)?json|text\/(html|plain|css|javascript)|image\/svg\+xml)\b/;
const GZIP_LEVEL = 5;

/** The best of what `Accept-Encoding` names; null: none of ours. `q=0` refuses one. */
export function encodingOf(accepted: string | undefined): Encoding | null {
  const words = (accepted ?? "").toLowerCase().split(",").map((word) => word.trim());
  const takes = (name: string) =>
    words.some((word) => {
      const [coding, ...more] = word.split(";").map((part) => part.trim());
      return coding === name && !more.some((part) => /^q=0(\.0*)?$/.test(part));
    });
  return takes("zstd") ? "zstd" : takes("gzip") ? "gzip" : null;
}

/** Packed now. */
export function pack(bytes: Uint8Array | string, encoding: Encoding): Uint8Array<ArrayBuffer> {
  const packed = encoding === "zstd" ? zstdCompressSync(bytes) : gzipSync(bytes, { level: GZIP_LEVEL });
  return new Uint8Array(packed);
}

/** The same answer packed, where it is long enough and text. */
export async function packed(response: Response, accepted: string | undefined): Promise<Response> {
  const { headers, body, status } = response;
  if (!body || !TEXT.test(headers.get("content-type") ?? "")) return response;
  headers.set("vary", "accept-encoding");
  const encoding = headers.has("content-encoding") ? null : encodingOf(accepted);
  if (!encoding) return response;
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (bytes.length < LEAST_BYTES) return new Response(bytes, { status, headers });
  headers.set("content-encoding", encoding);
  headers.delete("content-length");
  return new Response(pack(bytes, encoding), { status, headers });
}
