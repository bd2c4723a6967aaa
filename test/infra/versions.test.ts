import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { addIrisStacks } from "../../infra/app/iris-stacks.ts";
import {
  type CdkVersions,
  installCdk,
  putPackage,
  synthesizeWith,
  type UsersApp,
} from "../support/cdk/installed-cdk.ts";
import { synthesize } from "../support/cdk/synthesize.ts";
import { addVariantStacks } from "../support/cdk/variants/variant-stacks.ts";
import { packPackage } from "../support/pack-package.ts";
import { REPOSITORY } from "../support/sources.ts";
import { tempDir } from "../support/temp-dir.ts";

const OLDEST: CdkVersions = { "aws-cdk-lib": "2.231.0", constructs: "10.4.0" };
const NEWEST: CdkVersions = { "aws-cdk-lib": "2.276.0", constructs: "10.8.1" };

const EXAMPLE: UsersApp = {
  name: "existing-cdk-app",
  from: "examples/existing-cdk-app",
  main: "build/bin/shop.js",
  isCompiled: true,
};
const IRIS: UsersApp = {
  name: "iris-app",
  from: "infra/app",
  main: "main.ts",
  isCompiled: false,
};

const VARIANTS: UsersApp = {
  name: "variants",
  from: "test/support/cdk/variants",
  main: "main.ts",
  isCompiled: false,
};

const manifest = JSON.parse(await readFile(join(REPOSITORY, "package.json"), "utf8"));

describe("the versions of aws-cdk-lib", () => {
  it("that are tested are the least that the package takes, and the one that it is made with", () => {
    const { peerDependencies, devDependencies } = manifest;
    const least = (range: string) => range.replace("^", "");
    expect(least(peerDependencies["aws-cdk-lib"])).toBe(OLDEST["aws-cdk-lib"]);
    expect(least(peerDependencies.constructs)).toBe(OLDEST.constructs);
    expect(devDependencies).toMatchObject(NEWEST);
  });
});

describe("the packed package", () => {
  const directories: Record<string, string> = {};
  let isOffline = false;

  beforeAll(async () => {
    await using packed = await tempDir();
    const tarball = await packPackage(packed.path);
    for (const versions of [OLDEST, NEWEST]) {
      const directory = await installCdk(versions).catch((error: unknown) => {
        isOffline = /\b(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED)\b/.test(String(error));
        if (!isOffline || process.env["BENTO_TEST_NO_SKIP"] === "1") {
          throw error;
        }
      });
      if (directory !== undefined) {
        await putPackage(directory, tarball);
        directories[versions["aws-cdk-lib"]] = directory;
      }
    }
  }, 240_000);

  const directoryOf = (versions: CdkVersions) => directories[versions["aws-cdk-lib"]] ?? "";

  it("is required by a CommonJS app, with its types, and gives one template with both", {
    timeout: 180_000,
  }, async (test) => {
    test.skip(isOffline, "no npm registry");
    const oldest = await synthesizeWith(directoryOf(OLDEST), EXAMPLE);
    const newest = await synthesizeWith(directoryOf(NEWEST), EXAMPLE);
    expect(Object.keys(newest.templates)).toEqual(["Iris", "Shop"]);
    expect(oldest.templates["Iris"]).toEqual(newest.templates["Iris"]);
  });

  it.for([
    ["oldest", OLDEST],
    ["newest", NEWEST],
  ] as const)(
    "gives the same templates with the %s",
    { timeout: 120_000 },
    async ([, versions], test) => {
      test.skip(isOffline, "no npm registry");
      const directory = directoryOf(versions);
      const iris = await synthesizeWith(directory, IRIS);
      expect(iris.templates).toEqual((await synthesize(addIrisStacks)).templates);
      const variants = await synthesizeWith(directory, VARIANTS);
      expect(variants.templates).toEqual((await synthesize(addVariantStacks)).templates);
    },
  );
});
