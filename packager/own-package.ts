/**
 * Where this package's own files are, from its sources as from its build.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { BentoError } from "../core/bento-error.ts";

const here = fileURLToPath(import.meta.url);
const extension = here.endsWith(".ts") ? ".ts" : ".js";

/** The folder that holds `core/`, `handler/` and the rest: the repository, or its `dist`. */
export const codeRoot = dirname(dirname(here));

/** The folder of package.json. */
export const packageRoot = extension === ".ts" ? codeRoot : dirname(codeRoot);

/**
 * Absolute path of one of our modules.
 *
 * @param name - without extension, e.g. `handler/main`
 */
export function ownModule(name: string): string {
  return join(codeRoot, `${name}${extension}`);
}

/** The version of this package. */
export async function ownVersion(): Promise<string> {
  return versionIn(packageRoot);
}

/** The folder and version of an installed package that this one depends on. */
export async function installedPackage(
  name: string,
): Promise<{ directory: string; version: string }> {
  const require = createRequire(join(packageRoot, "package.json"));
  for (const root of require.resolve.paths(name) ?? []) {
    const directory = join(root, name);
    const version = await versionIn(directory).catch(() => undefined);
    if (version !== undefined) {
      return { directory, version };
    }
  }
  throw new BentoError("BENTO_IO", `the package ${name} is not installed`, {
    where: packageRoot,
    hint: "install again: ONNXRUNTIME_NODE_INSTALL=skip npm install bentokit",
  });
}

async function versionIn(directory: string): Promise<string> {
  const text = await readFile(join(directory, "package.json"), "utf8");
  const value: unknown = JSON.parse(text);
  return typeof value === "object" && value !== null && "version" in value
    ? String(value.version)
    : "0.0.0";
}
