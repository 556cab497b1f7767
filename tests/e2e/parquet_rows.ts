/** Rows of Parquet files, counted by code other than the product's. */
import assert from "node:assert/strict";

/** Rows of a Parquet file by an independent reader in another language. */
export async function rowsOfGroups(file: string): Promise<number[]> {
  const { success, stdout, stderr } = await new Deno.Command("python3", {
    args: ["-c", READ_FOOTER, file],
    stdout: "piped",
    stderr: "piped",
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim().split("\n").map(Number);
}

/** The rows of all row groups, summed from the footer; the product reads the total instead. */
const READ_FOOTER = `
import struct, sys
data = open(sys.argv[1], 'rb').read()
assert data[:4] == b'PAR1' and data[-4:] == b'PAR1'
size = struct.unpack('<I', data[-8:-4])[0]
at = len(data) - 8 - size
def varint():
    global at
    value = shift = 0
    while True:
        byte = data[at]; at += 1
        value |= (byte & 127) << shift
        if byte < 128: return value
        shift += 7
zig = lambda: (lambda v: (v >> 1) ^ -(v & 1))(varint())
def value(kind):
    global at
    if kind in (1, 2): return kind == 1
    if kind == 3:
        at += 1; return data[at - 1]
    if kind in (4, 5, 6): return zig()
    if kind == 7:
        at += 8; return None
    if kind == 8:
        size = varint(); at += size; return None
    if kind == 9:
        head = data[at]; at += 1
        count = head >> 4
        if count == 15: count = varint()
        return [value(head & 15) for _ in range(count)]
    fields, number = {}, 0
    while True:
        head = data[at]; at += 1
        if head == 0: return fields
        number = number + (head >> 4) if head >> 4 else zig()
        fields[number] = value(head & 15)
footer = value(12)
print(sum(group[3] for group in footer[4]))
`;
