import { execFile } from "node:child_process";
import { chmod, cp, mkdir, readFile, utimes } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { writeSampleBase } from "../packager/image/sample-bento.ts";
import { tempDir } from "../support/temp-dir.ts";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

interface Machine {
  /** Folder of the project within the machine's own. */
  readonly folder: string;
  readonly zone: string;
  readonly umask: string;
  readonly language: string;
}

/** Two machines that have nothing in common but the sources. */
const MACHINES: readonly [Machine, Machine] = [
  { folder: "a", zone: "UTC", umask: "022", language: "C" },
  { folder: "deep/er/b c", zone: "Pacific/Chatham", umask: "077", language: "de_DE.UTF-8" },
];

interface Built {
  readonly tag: string;
  readonly archive: Buffer;
  readonly image: string;
}

async function buildOn({ folder, zone, umask, language }: Machine, base: string): Promise<Built> {
  await using machine = await tempDir();
  const project = join(machine.path, folder);
  await mkdir(project, { recursive: true });
  await cp(join(ROOT, "fixtures", "iris"), project, { recursive: true });
  await chmod(join(project, "service.ts"), 0o600);
  await utimes(join(project, "golden", "classify.jsonl"), 0, umask === "077" ? 1e9 : 2e9);
  const bento = async (...argv: string[]) => {
    const words = [
      process.execPath,
      "--conditions=bentokit-source",
      join(ROOT, "cli", "main.ts"),
      ...argv,
    ];
    const { stdout } = await run("sh", ["-c", `umask ${umask}; exec "$@"`, "sh", ...words], {
      cwd: project,
      env: { ...process.env, TZ: zone, BENTO_HOME: join(machine.path, "home"), LANG: language },
    });
    return stdout.trim();
  };
  const model = join(ROOT, "fixtures", "models", "iris_random_forest", "model.onnx");
  await bento("models", "import", model, "--name", "iris_classifier");
  const tag = await bento("build", "-o", "tag");
  const archive = join(machine.path, "x.bento");
  await bento("export", tag, archive);
  const image = await bento("containerize", tag, "--base", `oci:${base}`);
  return { tag, archive: await readFile(archive), image };
}

describe("a build", () => {
  it("gives the same version, archive bytes and image digest in other folders, zones, umasks and homes", async () => {
    await using base = await tempDir();
    await writeSampleBase(base.path);
    const [first, second] = [
      await buildOn(MACHINES[0], base.path),
      await buildOn(MACHINES[1], base.path),
    ];
    expect(second.tag).toBe(first.tag);
    expect(second.archive.equals(first.archive)).toBe(true);
    expect(second.image).toBe(first.image);
    expect(first.image).toMatch(/^sha256:[0-9a-f]{64}$/);
  });
});
