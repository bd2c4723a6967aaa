/**
 * Hears when a project's sources change.
 *
 * @module
 */
import { watch } from "node:fs";
import { dirname, sep } from "node:path";
import { BENTOFILE, type Project } from "../packager/project.ts";

/** How long a burst of writes may last, in milliseconds: editors save in several steps. */
const SETTLE_MS = 60;

/**
 * Tells of changes to sources, one burst at a time. Folders are watched, not files: many editors replace a file when
 * they save it, and a watch on the old one hears nothing more.
 */
export function watchSources(
  project: Project,
  inputs: readonly string[],
): Disposable & { next(): Promise<"changed"> } {
  let waiting: (() => void) | undefined;
  let timer: NodeJS.Timeout | undefined;
  const watchers = [...foldersOf(project, inputs)].map((folder) =>
    watch(folder, (_, file) => {
      if (file !== null && (/\.([cm]?[jt]sx?|json|onnx)$/.test(file) || file === BENTOFILE)) {
        clearTimeout(timer);
        timer = setTimeout(() => waiting?.(), SETTLE_MS);
      }
    }),
  );
  return {
    next: () =>
      new Promise((done) => {
        waiting = () => done("changed");
      }),
    [Symbol.dispose]() {
      clearTimeout(timer);
      for (const watcher of watchers) {
        watcher.close();
      }
    },
  };
}

/** The project's own folders that sources lie in; packages are not watched. */
function foldersOf({ directory }: Project, inputs: readonly string[]): Set<string> {
  const own = inputs.filter(
    (input) => input.startsWith(directory + sep) && !input.includes(`${sep}node_modules${sep}`),
  );
  return new Set([directory, ...own.map(dirname)]);
}
