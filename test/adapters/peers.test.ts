import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { requirePeers } from "../../adapters/peers.ts";
import { tempDir } from "../support/temp-dir.ts";

const PEERS = [
  { name: "no-such-cloud", version: "1.2.3" },
  { name: "@no-such/sdk", version: "4.5.6" },
];

async function install(project: string, name: string): Promise<void> {
  const directory = join(project, "node_modules", name);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "package.json"), JSON.stringify({ name, version: "1.0.0" }));
}

describe("requirePeers", () => {
  it("gives the one line that installs all that is missing", async () => {
    await using project = await tempDir();
    expect(() => requirePeers("a-cloud", PEERS, project.path)).toThrow(
      expect.objectContaining({
        code: "BENTO_MISSING_PEER",
        message: "a-cloud needs no-such-cloud and @no-such/sdk, not installed here",
        where: project.path,
        hint: "npm i -D no-such-cloud@1.2.3 @no-such/sdk@4.5.6",
      }),
    );
  });

  it("takes what the user's project has", async () => {
    await using project = await tempDir();
    await install(project.path, "no-such-cloud");
    expect(() => requirePeers("a-cloud", PEERS, project.path)).toThrow(
      expect.objectContaining({ hint: "npm i -D @no-such/sdk@4.5.6" }),
    );
    await install(project.path, "@no-such/sdk");
    requirePeers("a-cloud", PEERS, project.path);
  });

  it("takes what is beside this package", () => {
    requirePeers("a-cloud", [{ name: "zod", version: "4.6.7" }], "/");
  });
});
