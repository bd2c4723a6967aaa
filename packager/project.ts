/**
 * Finds what a folder asks to be built: its bentofile.yaml, its service file and the export in it.
 *
 * @module
 */
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { BentoError } from "../core/bento-error.ts";
import type { Bentofile } from "../core/bentofile.ts";
import { parseBentofile } from "../core/bentofile-reader.ts";
import { nearest } from "../core/nearest.ts";
import { diskError } from "../model-store/disk-error.ts";

export interface Project {
  /** Absolute; what `include` and `model.file` are relative to. */
  readonly directory: string;
  /** Absolute path of the service's source. */
  readonly serviceFile: string;
  /** Which export is the service; the default or only one when absent. */
  readonly exportName?: string;
  readonly bentofile: Bentofile;
}

export const BENTOFILE = "bentofile.yaml";

const SOURCE = /\.[cm]?[jt]s$/;

/**
 * Reads the project that a path names: a folder, a service file, or `file:Export`.
 *
 * @param target - as typed; relative to `cwd`
 * @throws BentoError BENTO_NOT_FOUND when there is no such folder or service file, BENTO_INVALID_CONFIG when its
 * bentofile.yaml cannot be used
 */
export async function readProject(target: string, cwd: string): Promise<Project> {
  const [path, exportName] = splitExport(target);
  const absolute = resolve(cwd, path);
  const found = await stat(absolute).catch(() => undefined);
  if (found === undefined) {
    throw await noSuchPath(target, { path, absolute, cwd });
  }
  if (found.isFile() && !SOURCE.test(absolute)) {
    throw new BentoError("BENTO_INVALID_INPUT", `not a service file: ${JSON.stringify(target)}`, {
      where: cwd,
      hint: "name a folder with a service.ts, or the service file itself: a .ts or .js file",
    });
  }
  const directory = found.isDirectory() ? absolute : dirname(absolute);
  const bentofile = await readBentofile(directory);
  const [file, exportInFile] = found.isDirectory()
    ? splitExport(bentofile.service)
    : [relative(directory, absolute), undefined];
  const serviceFile = await findService(directory, file);
  const chosen = exportName ?? exportInFile;
  return {
    directory,
    serviceFile,
    bentofile,
    ...(chosen === undefined ? {} : { exportName: chosen }),
  };
}

/** With the nearest name of the folder that the path leads to. */
async function noSuchPath(
  target: string,
  { path, absolute, cwd }: { path: string; absolute: string; cwd: string },
): Promise<BentoError> {
  const folder = await readdir(dirname(absolute)).catch(() => []);
  const near = nearest(basename(absolute), folder);
  return new BentoError("BENTO_NOT_FOUND", `no such file or folder: ${JSON.stringify(target)}`, {
    where: cwd,
    hint:
      near === undefined
        ? "name a folder with a service.ts, or the service file itself; bento init DIR makes one"
        : `did you mean ${join(dirname(path), near)}?`,
  });
}

/** The bentofile.yaml of a folder; all defaults where there is none. */
export async function readBentofile(directory: string): Promise<Bentofile> {
  const file = join(directory, BENTOFILE);
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") {
      return "";
    }
    throw diskError(error, "read", file);
  });
  return parseBentofile(text, BENTOFILE);
}

async function findService(directory: string, file: string): Promise<string> {
  // BentoML's spelling leaves the extension out: service:Export
  const names = SOURCE.test(file) ? [file] : [`${file}.ts`, `${file}.js`];
  const escapes = names.some((name) => isAbsolute(name) || name.split(/[\\/]/).includes(".."));
  if (escapes) {
    throw new BentoError(
      "BENTO_INVALID_CONFIG",
      `the service must lie in the project: ${JSON.stringify(file)}`,
      {
        where: join(directory, BENTOFILE),
        hint: "move the file into the project, or build from the folder that holds it",
      },
    );
  }
  for (const name of names) {
    const candidate = join(directory, name);
    if ((await stat(candidate).catch(() => undefined))?.isFile() === true) {
      return candidate;
    }
  }
  const sources = (await readdir(directory)).filter(
    (name) => SOURCE.test(name) && !name.endsWith(".d.ts"),
  );
  const near = nearest(basename(names[0] ?? file), sources);
  throw new BentoError("BENTO_NOT_FOUND", `no service file ${JSON.stringify(names[0])}`, {
    where: directory,
    hint:
      near === undefined
        ? "write a service.ts there (bento init shows one), or name it with service: in bentofile.yaml"
        : `did you mean ${near}? name it with service: in bentofile.yaml`,
  });
}

/** `service.ts:Iris` → file and export. */
function splitExport(target: string): [string, string | undefined] {
  const match = /^(.+):([A-Za-z_$][\w$]*)$/.exec(target);
  return match?.[1] === undefined ? [target, undefined] : [match[1], match[2]];
}
