/**
 * Writes a stream into a file: what has come goes to disk while more is made, and what was written is synced on the way,
 * so that little is left to wait for at the end.
 *
 * @module
 */
import type { FileHandle } from "node:fs/promises";

/** Bytes that wait for the disk before the stream has to. */
const WAITING_BYTES = 1 * 1024 * 1024;

/** Bytes after which a sync is begun, unless one is at work. */
const SYNC_BYTES = 16 * 1024 * 1024;

/**
 * Appends all pieces and waits until they are on disk.
 *
 * @param pieces - a piece belongs to the file once it is given out
 */
export async function fillFile(
  file: FileHandle,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  const writer = backgroundWriter(file);
  try {
    for await (const piece of pieces) {
      writer.add(piece);
      if (writer.waitingBytes >= WAITING_BYTES) {
        await writer.caughtUp();
      }
    }
  } finally {
    await writer.idle(); // the file may be closed after that
  }
  await writer.caughtUp();
  await file.sync();
}

function backgroundWriter(file: FileHandle) {
  let waiting: Uint8Array[] = [];
  let writing: Promise<void> | undefined;
  let syncing: Promise<void> | undefined;
  let unsyncedBytes = 0;
  let failure: { readonly error: unknown } | undefined;
  const fail = (error: unknown) => {
    failure ??= { error };
  };
  const write = async (): Promise<void> => {
    while (waiting.length > 0 && failure === undefined) {
      const batch = waiting;
      waiting = [];
      unsyncedBytes += writer.waitingBytes;
      writer.waitingBytes = 0;
      await writeAll(file, batch);
      if (unsyncedBytes >= SYNC_BYTES && syncing === undefined) {
        unsyncedBytes = 0;
        syncing = file
          .datasync()
          .catch(fail)
          .finally(() => {
            syncing = undefined;
          });
      }
    }
  };
  const start = () => {
    writing ??= write()
      .catch(fail)
      .finally(() => {
        writing = undefined;
      });
    return writing;
  };
  const writer = {
    waitingBytes: 0,
    add(piece: Uint8Array): void {
      waiting.push(piece);
      writer.waitingBytes += piece.length;
      void start();
    },
    async idle(): Promise<void> {
      await writing;
      await syncing;
    },
    /** @throws what writing or syncing failed with */
    async caughtUp(): Promise<void> {
      while (failure === undefined && (writing !== undefined || waiting.length > 0)) {
        await start(); // what was added as the last write ended waits for another
      }
      if (failure !== undefined) {
        throw failure.error;
      }
    },
  };
  return writer;
}

/** A disk may take less than it was given. */
async function writeAll(file: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  let rest = pieces;
  while (rest.length > 0) {
    const { bytesWritten } = await file.writev(rest);
    rest = afterBytes(rest, bytesWritten);
  }
}

function afterBytes(pieces: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let skipped = bytes;
  const rest: Uint8Array[] = [];
  for (const piece of pieces) {
    if (skipped >= piece.length) {
      skipped -= piece.length;
    } else {
      rest.push(piece.subarray(skipped));
      skipped = 0;
    }
  }
  return rest;
}
