import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { REPOSITORY } from "../support/sources.ts";

const Entry = z.strictObject({
  types: z.string(),
  "bentokit-source": z.string(),
  default: z.string(),
});
const { exports } = z
  .object({ exports: z.record(z.string(), z.union([z.string(), Entry])) })
  .parse(JSON.parse(readFileSync(join(REPOSITORY, "package.json"), "utf8")));
const entries = Object.entries(exports).flatMap(([name, entry]) =>
  typeof entry === "string" ? [] : [{ name, ...entry }],
);

/** Prints the URL of every module that an import loads. */
const LIST_LOADED = `
  import { registerHooks } from "node:module";
  const urls = [];
  registerHooks({
    load(url, context, next) {
      urls.push(url);
      return next(url, context);
    },
  });
  await import(process.argv[1]);
  process.stdout.write(JSON.stringify(urls));
`;

interface Loaded {
  /** npm packages. */
  readonly packages: readonly string[];
  /** Folders of this repository. */
  readonly folders: readonly string[];
}

async function load(specifier: string): Promise<Loaded> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--conditions=bentokit-source", "--input-type=module", "--eval", LIST_LOADED, specifier],
    { cwd: REPOSITORY, maxBuffer: 64 * 1024 * 1024 },
  );
  const urls: string[] = JSON.parse(stdout);
  const files = urls.filter((url) => url.startsWith("file:")).map((url) => url.slice(7));
  const packages = files.flatMap((file) => {
    const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1];
    return name === undefined ? [] : [name];
  });
  const own = files.filter((file) => !file.includes("/node_modules/"));
  const folders = own.map((file) => file.slice(REPOSITORY.length + 1).split("/")[0] ?? "");
  return { packages: unique(packages), folders: unique(folders) };
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}

describe("package.json exports", () => {
  it("has the entries of the design, and package.json", () => {
    expect(Object.keys(exports)).toEqual([
      ".",
      "./models",
      "./deploy",
      "./client",
      "./testing",
      "./cdk",
      "./package.json",
    ]);
  });

  it.each(entries)("$name leads to one module, as source and as built", async (entry) => {
    const source = entry["bentokit-source"];
    await access(join(REPOSITORY, source));
    expect(entry).toEqual({
      name: entry.name,
      types: source.replace("./", "./dist/").replace(/\.ts$/, ".d.ts"),
      "bentokit-source": source,
      default: source.replace("./", "./dist/").replace(/\.ts$/, ".js"),
    });
  });
});

describe("importing", () => {
  it("bentokit loads core and zod alone", async () => {
    expect(await load("bentokit")).toEqual({ packages: ["zod"], folders: ["core"] });
  });

  it("bentokit/client loads no package at all", async () => {
    expect(await load("bentokit/client")).toEqual({ packages: [], folders: ["client", "core"] });
  });

  it.each(["bentokit/models", "bentokit/testing", "bentokit/deploy"])(
    "%s loads nothing heavy",
    async (specifier) => {
      const { packages } = await load(specifier);
      const heavy =
        /^(?:esbuild|onnxruntime-.*|aws-cdk-lib|constructs|@aws-.*|@google-.*|@azure\/.*)$/;
      expect(packages.filter((name) => heavy.test(name))).toEqual([]);
    },
  );
});
