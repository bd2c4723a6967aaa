/**
 * Lists the files of a folder as keys, in the order of their characters. Folders that cannot hold a wanted key are not
 * opened.
 *
 * @module
 */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { diskError, systemCode } from "../disk-error.ts";
import { isKey, type ListOptions, type StoredObject } from "../driver.ts";

/**
 * @param root - absolute path
 * @param prefix - of the whole key, not only of its last part
 */
export async function* walkFiles(
  root: string,
  prefix: string,
  options: ListOptions = {},
): AsyncGenerator<StoredObject, void> {
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  let count = 0;
  const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1);
  if (!isKeyFolder(folder)) {
    return;
  }
  for await (const key of walkFolder({ root, prefix, after: options.after ?? "" }, folder)) {
    if (count >= limit) {
      return;
    }
    options.signal?.throwIfAborted();
    const found = await stat(join(root, key)).catch(() => undefined); // deleted since the folder was read
    if (found?.isFile() === true) {
      count += 1;
      yield { key, size: found.size };
    }
  }
}

/** False for what no key can start with, so that no prefix leads out of the root. */
function isKeyFolder(folder: string): boolean {
  return folder === "" || isKey(folder.slice(0, -1));
}

interface Wanted {
  readonly root: string;
  readonly prefix: string;
  readonly after: string;
}

async function* walkFolder(wanted: Wanted, folder: string): AsyncGenerator<string, void> {
  for (const name of await readNames(join(wanted.root, folder))) {
    const key = folder + name;
    if (!name.endsWith("/")) {
      if (key.startsWith(wanted.prefix) && key > wanted.after) {
        yield key;
      }
    } else if (mayHold(wanted, key)) {
      yield* walkFolder(wanted, key);
    }
  }
}

/** Whether a folder, with its trailing slash, can hold a wanted key. */
function mayHold({ prefix, after }: Wanted, folder: string): boolean {
  const isOnTheWay = prefix.startsWith(folder) || folder.startsWith(prefix);
  return isOnTheWay && (folder > after || after.startsWith(folder));
}

/** Names in a folder, folders with a trailing slash, sorted as the keys that they begin. */
async function readNames(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    const names = entries
      .filter((entry) => !entry.name.startsWith("."))
      .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
    return names.sort();
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") {
      return [];
    }
    throw diskError(error, "list", path);
  }
}
