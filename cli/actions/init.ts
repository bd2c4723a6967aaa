/**
 * Copies the project template. What exists is never overwritten: all names are checked before the first write.
 *
 * @module
 */
import { cp, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { BentoError } from "../../core/bento-error.ts";
import { diskError, systemCode } from "../../model-store/disk-error.ts";
import type { CliContext } from "../context.ts";
import { parseLooseValue } from "../key-values.ts";
import { readVersion } from "../version.ts";

const TEMPLATE_NAME = "bento_template";
const TEMPLATE_MANIFEST = "package.template.json";
/** Files in which the template's name stands. */
const NAMED_FILES = [TEMPLATE_MANIFEST, "service.ts", "README.md"];
/** npm leaves a .gitignore out of packages, and a package.json would cut the template off from this package. */
const RENAMED: Readonly<Record<string, string>> = {
  gitignore: ".gitignore",
  [TEMPLATE_MANIFEST]: "package.json",
};
/** A project that has these keeps them. */
const KEPT = ["package.json", "README.md", "tsconfig.json", ".gitignore"];

export async function initProject(
  context: CliContext,
  target: string,
  options: { json?: boolean },
): Promise<void> {
  const directory = resolve(context.cwd, target);
  const template = await findTemplate();
  const names = (await readdir(template))
    .map((from) => ({ from, to: RENAMED[from] ?? from }))
    .sort((a, b) => (a.to < b.to ? -1 : 1));
  const existing = await namesIn(directory);
  const taken = names.filter(({ to }) => existing.includes(to) && !KEPT.includes(to));
  if (taken.length > 0) {
    throw new BentoError(
      "BENTO_CONFLICT",
      `would overwrite ${taken.map(({ to }) => to).join(", ")}`,
      {
        where: directory,
        hint: "choose an empty folder: bento init my-service",
      },
    );
  }
  if (existing.includes("package.json")) {
    await readManifest(join(directory, "package.json")); // one that cannot be completed is said before anything is written
  }
  const written: string[] = [];
  await mkdir(directory, { recursive: true });
  for (const { from, to } of names.filter((entry) => !existing.includes(entry.to))) {
    await copyNamed(join(template, from), join(directory, to), serviceName(directory));
    written.push(to);
  }
  await completeManifest(join(directory, "package.json"), {
    template: join(template, TEMPLATE_MANIFEST),
    hasSources: existing.some((name) => /\.[jt]s$/.test(name)),
  });
  if (options.json === true) {
    context.out(`${JSON.stringify({ directory, written }, undefined, 2)}\n`);
    return;
  }
  context.out(`${directory}\n`);
  context.err(nextSteps(target, written));
}

function nextSteps(target: string, written: readonly string[]): string {
  const enter = target === "." ? "" : `  cd ${target}\n`;
  return `wrote ${written.join(", ")}\nnext:\n${enter}  ONNXRUNTIME_NODE_INSTALL=skip npm install\n  npx bento serve --reload\n  npm test\n`;
}

/** None where the folder is not there yet. */
async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (cause) {
    if (systemCode(cause) === "ENOENT") {
      return [];
    }
    if (systemCode(cause) === "ENOTDIR") {
      throw new BentoError("BENTO_CONFLICT", "a project is a folder, and this is a file", {
        where: directory,
        hint: "choose another name: bento init my-service",
        cause,
      });
    }
    throw diskError(cause, "list", directory);
  }
}

async function findTemplate(): Promise<string> {
  // one folder up from the sources' cli/, two from the build's dist/cli/
  for (const path of ["../../fixtures/template", "../../../fixtures/template"]) {
    const directory = fileURLToPath(new URL(path, import.meta.url));
    if ((await stat(directory).catch(() => undefined))?.isDirectory() === true) {
      return directory;
    }
  }
  throw new BentoError("BENTO_BUG", "the project template is missing from this installation");
}

async function copyNamed(from: string, to: string, name: string): Promise<void> {
  if (!NAMED_FILES.includes(basename(from))) {
    await cp(from, to, { recursive: true, errorOnExist: true, force: false });
    return;
  }
  const text = await readFile(from, "utf8");
  await writeFile(to, text.replaceAll(TEMPLATE_NAME, name), { flag: "wx" });
}

/** The folder's name as a tag part. */
function serviceName(directory: string): string {
  const name = basename(directory)
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, "_")
    .replace(/^[^a-z0-9]+/, "")
    .slice(0, 63)
    .replace(/[^a-z0-9]+$/, "");
  return name === "" ? "my_service" : name;
}

/** What `npm init` writes where a project has no test. */
const NO_TEST = /no test specified/;

/** Adds what the project needs: its dependencies, and the template's scripts. What is there stays as it is. */
async function completeManifest(
  file: string,
  { template, hasSources }: { template: string; hasSources: boolean },
): Promise<void> {
  const manifest = await readManifest(file);
  const { scripts, type } = await readManifest(template);
  const kept = Object.entries(objectOf(manifest["scripts"])).filter(
    ([, script]) => !NO_TEST.test(String(script)),
  );
  const completed = {
    ...manifest,
    // npm init writes commonjs, under which Node reads no imports; sources that are there may count on it
    type: hasSources ? (manifest["type"] ?? type) : type,
    scripts: { ...objectOf(scripts), ...Object.fromEntries(kept) },
    dependencies: {
      bentokit: `^${readVersion()}`,
      zod: "^4.6.0",
      ...objectOf(manifest["dependencies"]),
    },
  };
  await writeFile(file, `${JSON.stringify(completed, undefined, 2)}\n`);
}

async function readManifest(file: string): Promise<Record<string, unknown>> {
  const text = await readFile(file, "utf8");
  const value: unknown = parseLooseValue(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new BentoError("BENTO_INVALID_INPUT", "package.json is not a JSON object", {
      where: file,
      hint: "mend or remove it",
    });
  }
  return { ...value };
}

function objectOf(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}
