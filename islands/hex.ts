/** Hexadecimal digits of bytes. `Uint8Array.toHex` is missing in browsers of 2024. */
export const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
