import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { importsOf, REPOSITORY, type Source, sourcesOf } from "../support/sources.ts";

/** Who may import whom; every folder may import itself. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  core: [],
  handler: ["core"],
  oci: ["core"],
  client: ["core"],
  "model-store": ["core", "oci"],
  packager: ["core", "model-store", "oci"],
  infra: ["core"],
  adapters: ["core", "oci", "infra"],
  deploy: ["core", "model-store", "oci", "packager", "adapters"],
  testing: ["core", "handler", "model-store", "client"],
  cli: [
    "core",
    "handler",
    "oci",
    "client",
    "model-store",
    "packager",
    "infra",
    "adapters",
    "deploy",
    "testing",
  ],
};

/** Folders that are no part of the package, and what they are. */
const AROUND: Readonly<Record<string, string>> = {
  action: "the GitHub Action",
  bench: "measurements",
  demo: "npm run demo",
  docs: "pages",
  examples: "workflows and apps of users, linted and run by tests",
  fixtures: "projects of users; they have a rule of their own below",
  scripts: "what npm runs around a build",
  test: "mirrors the tree",
};

/** Modules that hold the text of a user's module, which imports the package by its public names. */
const WRITES_MODULES = ["adapters/aws-lambda/app-source.ts", "cli/actions/types.ts"];

/** Sources that are a user's app: they see the package alone, by its public names. */
const USES_PACKAGE = /^infra\/app\//;

const sources = await sourcesOf(Object.keys(ALLOWED).map((folder) => `${folder}/**/*.ts`));

/** The folder of ours that an import leads to; undefined for packages and Node's own modules. */
function targetFolder(path: string, specifier: string): string | undefined {
  if (specifier === "bentokit" || specifier.startsWith("bentokit/")) {
    return WRITES_MODULES.includes(path) ? undefined : specifier;
  }
  return specifier.startsWith(".")
    ? normalize(join(dirname(path), specifier)).split("/")[0]
    : undefined;
}

function forbiddenImports({ path, text }: Source): string[] {
  if (USES_PACKAGE.test(path)) {
    return importsOf(text)
      .filter((specifier) => specifier.startsWith("../"))
      .map((specifier) => `${path} imports ${specifier}`);
  }
  const [folder = ""] = path.split("/");
  const allowed = [folder, ...(ALLOWED[folder] ?? [])];
  return importsOf(text)
    .filter((specifier) => {
      const target = targetFolder(path, specifier);
      const isOfAws = target === "infra" && /^adapters\/(?!aws-)/.test(path);
      return target !== undefined && (!allowed.includes(target) || isOfAws);
    })
    .map((specifier) => `${path} imports ${specifier}`);
}

describe("importsOf", () => {
  it.each([
    ['import { a } from "./a.ts";', ["./a.ts"]],
    ['import type { A } from "./a.ts";', ["./a.ts"]],
    ['import {\n  a,\n  b,\n} from "./a.ts";', ["./a.ts"]],
    ['import * as z from "zod";', ["zod"]],
    ['import "./effect.ts";', ["./effect.ts"]],
    ['import {\n  a, // one; "two" (three)\n} from "./a.ts";', ["./a.ts"]],
    ['import a from "./a.json" with { type: "json" };', ["./a.json"]],
    ['export { a } from "./a.ts";', ["./a.ts"]],
    ['export * from "./a.ts";', ["./a.ts"]],
    ['const { a } = await import("./a.ts");', ["./a.ts"]],
    ['const a = await import(\n  "./a.ts"\n);', ["./a.ts"]],
    ['type A = import("./a.ts").A;', ["./a.ts"]],
    ["const a = await import(name);", []],
    ['// copied from "./a.ts"', []],
    ['  // import a from "./a.ts"', []],
    ['/**\n * taken from "./a.ts"\n */', []],
    ['const text = "import a from \\"./a.ts\\"";', []],
    ['export const from = "./a.ts";', []],
    ['import a from "./a.ts";\nimport b from "./b.ts";', ["./a.ts", "./b.ts"]],
  ])("reads %j", (text, specifiers) => {
    expect(importsOf(text)).toEqual(specifiers);
  });
});

describe("the import table", () => {
  it("has every folder of the repository", () => {
    const folders = readdirSync(REPOSITORY, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !/^(?:\..*|node_modules|dist)$/.test(entry.name))
      .map((entry) => entry.name);
    const listed = [...Object.keys(ALLOWED), ...Object.keys(AROUND)];
    expect(folders.filter((folder) => !listed.includes(folder))).toEqual([]);
  });

  it("has no folder without sources", () => {
    const found = new Set(sources.map(({ path }) => path.split("/")[0]));
    expect(Object.keys(ALLOWED).filter((folder) => !found.has(folder))).toEqual([]);
  });

  it.each<[string, string, string[]]>([
    ["core/a.ts", '"../handler/b.ts"', ["core/a.ts imports ../handler/b.ts"]],
    [
      "handler/runner/a.ts",
      '"../../model-store/b.ts"',
      ["handler/runner/a.ts imports ../../model-store/b.ts"],
    ],
    ["adapters/local/a.ts", '"../../infra/b.ts"', ["adapters/local/a.ts imports ../../infra/b.ts"]],
    ["adapters/adapter.ts", '"../infra/b.ts"', ["adapters/adapter.ts imports ../infra/b.ts"]],
    ["adapters/aws-lambda/a.ts", '"../../infra/b.ts"', []],
    ["core/a.ts", '"../scripts/b.ts"', ["core/a.ts imports ../scripts/b.ts"]],
    ["core/a.ts", '"bentokit/models"', ["core/a.ts imports bentokit/models"]],
    ["cli/commands/a.ts", '"../../deploy/b.ts"', []],
    ["core/a.ts", '"zod"', []],
    ["infra/app/a.ts", '"bentokit/cdk"', []],
    ["infra/app/a.ts", '"../index.ts"', ["infra/app/a.ts imports ../index.ts"]],
  ])("judges that %s imports %s", (path, specifier, forbidden) => {
    expect(forbiddenImports({ path, text: `import ${specifier};` })).toEqual(forbidden);
  });

  it("is what the sources do", () => {
    expect(sources.flatMap(forbiddenImports)).toEqual([]);
  });
});

describe("fixtures", () => {
  it("import the package by its public names only", async () => {
    const manifest: { exports: object } = JSON.parse(
      readFileSync(join(REPOSITORY, "package.json"), "utf8"),
    );
    const names = Object.keys(manifest.exports).map((entry) => entry.replace(".", "bentokit"));
    const fixtures = await sourcesOf(["fixtures/**/*.ts"]);
    const wrong = fixtures.flatMap(({ path, text }) => {
      const [, project] = path.split("/");
      return importsOf(text)
        .filter((specifier) =>
          specifier.startsWith(".")
            ? !normalize(join(dirname(path), specifier)).startsWith(`fixtures/${project}/`)
            : specifier.startsWith("bentokit") && !names.includes(specifier),
        )
        .map((specifier) => `${path} imports ${specifier}`);
    });
    expect([fixtures.length > 0, wrong]).toEqual([true, []]);
  });
});
