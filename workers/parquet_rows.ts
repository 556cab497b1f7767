/**
 * Reads from a Parquet file's last bytes how many rows it declares: the proof that it was written to its end. Source:
 * parquet.thrift, `FileMetaData` in Thrift's compact protocol: 1 version, 2 schema, 3 num_rows.
 */

const MAGIC = "PAR1";
/** Maximum footer bytes that are read. */
export const FOOTER_BYTES_MAX = 16 << 20;

/** Length of the footer, without its length field and magic; null: the file does not end like Parquet. */
export function footerLength(tail: Uint8Array): number | null {
  if (tail.length < 8 || new TextDecoder().decode(tail.subarray(-4)) !== MAGIC) return null;
  return new DataView(tail.buffer, tail.byteOffset + tail.length - 8).getUint32(0, true);
}

/** `num_rows` of a footer; null: it is not a footer. */
export function parquetRows(footer: Uint8Array): number | null {
  const reader = new Compact(footer);
  try {
    for (let field = 0;;) {
      const head = reader.byte();
      if (head === 0) return null;
      const type = head & 15;
      field = head >> 4 ? field + (head >> 4) : Number(reader.zigzag());
      if (field === 3 && type === I64) return Number(reader.zigzag());
      reader.skip(type, 0);
    }
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

const I64 = 6;
const DEPTH_MAX = 32;

class Compact {
  #at = 0;

  constructor(readonly bytes: Uint8Array) {}

  byte(): number {
    const byte = this.bytes[this.#at++];
    if (byte === undefined) throw new RangeError("the footer is cut off");
    return byte;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
    throw new RangeError("a number of the footer is too long");
  }

  zigzag(): bigint {
    const value = this.varint();
    return (value >> 1n) ^ -(value & 1n);
  }

  skip(type: number, depth: number): void {
    if (depth > DEPTH_MAX) throw new RangeError("the footer is nested too deep");
    switch (type) {
      case 1:
      case 2:
        return;
      case 3:
        this.byte();
        return;
      case 4:
      case 5:
      case I64:
        this.varint();
        return;
      case 7:
        this.#at += 8;
        return;
      case 8: {
        const length = Number(this.varint());
        this.#at += length;
        return;
      }
      case 9:
      case 10: {
        const head = this.byte();
        const count = head >> 4 === 15 ? Number(this.varint()) : head >> 4;
        if (count > this.bytes.length) throw new RangeError("a list of the footer is too long");
        // Each boolean in a list takes a byte.
        for (let n = 0; n < count; n++) (head & 15) <= 2 ? this.byte() : this.skip(head & 15, depth + 1);
        return;
      }
      case 12:
        for (;;) {
          const head = this.byte();
          if (head === 0) return;
          if (head >> 4 === 0) this.zigzag();
          this.skip(head & 15, depth + 1);
        }
      default:
        throw new RangeError(`the footer has a value of type ${type}`);
    }
  }
}
