/**
 * A root file system while layers are laid over each other below a directory. What is there is known from what was
 * written, never from the disk, and links are followed only here, so that nothing lands outside whatever a layer says.
 *
 * @module
 */
import { chmod, link, mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { BentoError } from "../core/bento-error.ts";

interface Node {
  readonly kind: "file" | "directory" | "symlink";
  /** The layer that wrote it last, 0 for the lowest. */
  readonly layer: number;
  /** Of a symbolic link, as written. */
  readonly target?: string;
}

/** As in Linux. */
const MOST_LINKS = 40;

/** Paths are relative to the root, without dots or a last slash. */
export interface RootfsTree {
  /** Makes a directory; one that is there stays, anything else in its place goes. */
  addDirectory(path: string, layer: number, options: { readonly shared: boolean }): Promise<void>;
  addSymlink(path: string, layer: number, target: string): Promise<void>;
  /** @throws BentoError BENTO_REFUSED when there is no such file */
  addHardlink(path: string, layer: number, target: string): Promise<void>;
  /** Clears a file's place. @returns where it has to be written, absolute */
  addFile(path: string, layer: number): Promise<string>;
  /** Takes away what layers below this one put there. */
  remove(path: string, layer: number): Promise<void>;
  /** Takes away everything in a directory that layers below this one put there. */
  empty(path: string, layer: number): Promise<void>;
}

/** @param root - an empty directory that nobody else writes to */
export function rootfsTree(root: string): RootfsTree {
  const nodes = new Map<string, Node>();

  /** The directory that a path leads to, links followed; what is not there yet is made. */
  async function directoryAt(path: string, layer: number): Promise<string> {
    let here = "";
    let ahead = path.split("/").filter((part) => part !== "");
    for (let links = 0; ahead.length > 0; ) {
      const [part = "", ...rest] = ahead;
      ahead = rest;
      if (part === "." || part === "..") {
        here = part === "." ? here : parentOf(here);
        continue;
      }
      const next = here === "" ? part : `${here}/${part}`;
      const node = nodes.get(next);
      if (node?.kind === "symlink") {
        links += 1;
        const target = node.target ?? "";
        here = target.startsWith("/") ? "" : here;
        ahead = [...target.split("/").filter((piece) => piece !== ""), ...ahead];
      } else if (node === undefined) {
        await makeDirectory(join(root, next), false);
        nodes.set(next, { kind: "directory", layer });
        here = next;
      } else {
        here = next;
      }
      if (node?.kind === "file" || links > MOST_LINKS) {
        throw refused(path, node?.kind === "file" ? "below a file" : "below links without end");
      }
    }
    return here;
  }

  async function placeOf(path: string, layer: number): Promise<string> {
    const directory = await directoryAt(parentOf(path), layer);
    const name = path.slice(path.lastIndexOf("/") + 1);
    return directory === "" ? name : `${directory}/${name}`;
  }

  async function clear(place: string): Promise<void> {
    const node = nodes.get(place);
    if (node !== undefined) {
      await rm(join(root, place), { recursive: true, force: true });
      for (const path of node.kind === "directory" ? below(place) : []) {
        nodes.delete(path);
      }
      nodes.delete(place);
    }
  }

  function below(place: string): string[] {
    const prefix = place === "" ? "" : `${place}/`;
    return [...nodes.keys()].filter((path) => path.startsWith(prefix) && path !== place);
  }

  /** True where nothing of this layer or one above is in there. */
  function isOlder(place: string, layer: number): boolean {
    return [place, ...below(place)].every((path) => (nodes.get(path)?.layer ?? 0) < layer);
  }

  async function removeOlder(place: string, layer: number): Promise<void> {
    if (isOlder(place, layer)) {
      await clear(place);
    } else if (nodes.get(place)?.kind === "directory") {
      await emptyOlder(place, layer);
    }
  }

  async function emptyOlder(place: string, layer: number): Promise<void> {
    for (const path of below(place).filter((found) => parentOf(found) === place)) {
      await removeOlder(path, layer);
    }
  }

  return {
    async addDirectory(path, layer, { shared }) {
      const place = await placeOf(path, layer);
      if (nodes.get(place)?.kind !== "directory") {
        await clear(place);
        await makeDirectory(join(root, place), shared);
      }
      nodes.set(place, { kind: "directory", layer });
    },
    async addSymlink(path, layer, target) {
      const place = await placeOf(path, layer);
      await clear(place);
      await symlink(target, join(root, place));
      nodes.set(place, { kind: "symlink", layer, target });
    },
    async addHardlink(path, layer, target) {
      const source = await placeOf(target, layer);
      const place = await placeOf(path, layer);
      if (nodes.get(source)?.kind !== "file") {
        throw refused(path, `a hard link to ${JSON.stringify(target)}, which is no file there`);
      }
      if (source !== place) {
        await clear(place);
        await link(join(root, source), join(root, place));
      }
      nodes.set(place, { kind: "file", layer });
    },
    async addFile(path, layer) {
      const place = await placeOf(path, layer);
      await clear(place);
      nodes.set(place, { kind: "file", layer });
      return join(root, place);
    },
    async remove(path, layer) {
      await removeOlder(await placeOf(path, layer), layer);
    },
    async empty(path, layer) {
      await emptyOlder(await directoryAt(path, layer), layer);
    },
  };
}

async function makeDirectory(path: string, shared: boolean): Promise<void> {
  await mkdir(path);
  // the mask of the process must not make it private
  await chmod(path, shared ? 0o1777 : 0o755);
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

function refused(path: string, problem: string): BentoError {
  return new BentoError("BENTO_REFUSED", `${JSON.stringify(path)} is ${problem}`, {
    where: "layer",
    hint: "do not unpack it; ask its author for a clean one",
  });
}
