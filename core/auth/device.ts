/** A mark that a browser keeps after a login: strangers at the same address cannot use up its attempts. */
import { Buffer } from "node:buffer";
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** Days that a browser keeps it. */
export const DEVICE_DAYS = 180;
const TEXT_MAX = 512;

export class DeviceTokens {
  readonly #key: Buffer;

  /** `secret`: the one that signs access tokens. */
  constructor(secret: string) {
    this.#key = createHmac("sha256", secret).update("legend device marks").digest();
  }

  #signature(text: string): string {
    return createHmac("sha256", this.#key).update(text).digest("base64url");
  }

  /** Creates a mark for a browser in which `name` has just logged in. */
  make(name: string): string {
    const text = `${randomBytes(12).toString("hex")}.${Buffer.from(name).toString("base64url")}`;
    return `${text}.${this.#signature(text)}`;
  }

  /** The browser's id when the mark is ours and belongs to this name. */
  idOf(token: string | undefined, name: string): string | undefined {
    if (!token || token.length > TEXT_MAX) return undefined;
    const [id = "", owner = "", signature = ""] = token.split(".");
    const [given, expected] = [Buffer.from(signature), Buffer.from(this.#signature(`${id}.${owner}`))];
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    return Buffer.from(owner, "base64url").toString() === name ? id : undefined;
  }
}
