/**
 * Copies the project template. What exists is never overwritten: all names are checked before the first write.
 *
 * @module
 */
import { cp, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { BentoError } from "../../core/bento-error.ts";
import type { CliContext } from "../context.ts";
import { readVersion } from "../version.ts";

const TEMPLATE_NAME = "bento_template";
/** Files in which the template's name stands. */
const NAMED_FILES = ["package.template.json", "service.ts", "README.md"];
/** npm leaves a .gitignore out of packages, and a package.json would cut the template off from this package. */
const RENAMED: Readonly<Record<string, string>> = {
  gitignore: ".gitignore",
  "package.template.json": "package.json",
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
  const existing: readonly string[] = await readdir(directory).catch(() => []);
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
  const written: string[] = [];
  await mkdir(directory, { recursive: true });
  for (const { from, to } of names.filter((entry) => !existing.includes(entry.to))) {
    await copyNamed(join(template, from), join(directory, to), serviceName(directory));
    written.push(to);
  }
  await addDependencies(join(directory, "package.json"));
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
    .replaceAll(/^[^a-z0-9]+|[^a-z0-9]+$/g, "")
    .slice(0, 63);
  return name === "" ? "my_service" : name;
}

/** Adds what the project imports; entries that are there stay as they are. */
async function addDependencies(file: string): Promise<void> {
  const manifest: unknown = JSON.parse(await readFile(file, "utf8"));
  if (typeof manifest !== "object" || manifest === null) {
    throw new BentoError("BENTO_INVALID_INPUT", "package.json is not an object", {
      where: file,
      hint: "mend or remove it",
    });
  }
  const present =
    "dependencies" in manifest && typeof manifest.dependencies === "object"
      ? manifest.dependencies
      : {};
  const dependencies = { bentokit: `^${readVersion()}`, zod: "^4.6.0", ...present };
  await writeFile(file, `${JSON.stringify({ ...manifest, dependencies }, undefined, 2)}\n`);
}
