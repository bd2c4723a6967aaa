/**
 * Writes zip archives for tests, deflated or stored.
 *
 * @module
 */
import { crc32, deflateRawSync } from "node:zlib";

export interface ZipOptions {
  /** @default false, deflated */
  readonly isStored?: boolean;
  readonly comment?: string;
}

export function zipArchive(
  files: Readonly<Record<string, string | Uint8Array>>,
  { isStored = false, comment = "" }: ZipOptions = {},
): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(files)) {
    const bytes = Buffer.from(content);
    const packed = isStored ? bytes : deflateRawSync(bytes);
    const common = fields(
      [20, 2],
      [0, 2],
      [isStored ? 0 : 8, 2],
      [0, 4],
      [crc32(bytes), 4],
      [packed.length, 4],
      [bytes.length, 4],
      [Buffer.byteLength(name), 2],
      [0, 2],
    );
    const body = Buffer.concat([
      Buffer.from("PK\x03\x04", "latin1"),
      common,
      Buffer.from(name),
      packed,
    ]);
    const place = fields([0, 2], [0, 2], [0, 2], [0, 4], [offset, 4]);
    directory.push(Buffer.from("PK\x01\x02\x14\x00", "latin1"), common, place, Buffer.from(name));
    bodies.push(body);
    offset += body.length;
  }
  const count = Object.keys(files).length;
  const index = Buffer.concat(directory);
  const end = fields(
    [0, 2],
    [0, 2],
    [count, 2],
    [count, 2],
    [index.length, 4],
    [offset, 4],
    [comment.length, 2],
  );
  const signature = Buffer.from("PK\x05\x06", "latin1");
  return Buffer.concat([...bodies, index, signature, end, Buffer.from(comment)]);
}

/** Little-endian numbers, each with its length in bytes. */
function fields(...values: readonly (readonly [value: number, bytes: number])[]): Buffer {
  return Buffer.concat(
    values.map(([value, bytes]) => {
      const field = Buffer.alloc(bytes);
      field.writeUIntLE(value, 0, bytes);
      return field;
    }),
  );
}
