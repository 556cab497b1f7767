/** Passwords as scrypt hashes: `scrypt$N$r$p$salt$hash`, base64. */
import { Buffer } from "node:buffer";
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { AppError } from "../platform/errors.ts";

const COST = { N: 16_384, r: 8, p: 1 };
const HASH_BYTES = 32;
export const PASSWORD_MIN = 12;
const PASSWORD_MAX = 256;

function derive(password: string, salt: Uint8Array, N: number, r: number, p: number): Promise<Buffer> {
  return new Promise((resolve, reject) =>
    scrypt(
      password.normalize("NFKC"),
      salt,
      HASH_BYTES,
      { N, r, p },
      (error, key) => error ? reject(error) : resolve(key),
    )
  );
}

/** Throws `AppError("invalid")` for a password that is too short or too long. */
export async function hashPassword(password: string): Promise<string> {
  if (password.length < PASSWORD_MIN || password.length > PASSWORD_MAX) {
    throw new AppError(
      "invalid",
      `Cannot use this password: it has ${password.length} characters, need ${PASSWORD_MIN}..${PASSWORD_MAX}`,
    );
  }
  const salt = randomBytes(16);
  const key = await derive(password, salt, COST.N, COST.r, COST.p);
  return ["scrypt", COST.N, COST.r, COST.p, salt.toString("base64"), key.toString("base64")].join("$");
}

/** Compares in constant time. */
export async function isPassword(password: string, stored: string): Promise<boolean> {
  const [kind, N, r, p, salt, hash] = stored.split("$");
  if (kind !== "scrypt" || !hash || password.length > PASSWORD_MAX) return false;
  const key = await derive(password, Buffer.from(salt!, "base64"), Number(N), Number(r), Number(p));
  return timingSafeEqual(key, Buffer.from(hash, "base64"));
}

/** 26 letters and digits: about 130 bits. */
export function randomSecret(): string {
  const letters = "abcdefghijkmnpqrstuvwxyz23456789";
  return [...randomBytes(26)].map((byte) => letters[byte & 31]).join("");
}
