import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { BentoManifest, bentoDigest } from "../../core/bento-manifest.ts";
import { Plan } from "../../core/plan.ts";
import type { Profile } from "../../core/profile.ts";
import { bentoFolder } from "../../model-store/bentos.ts";
import { type TestCli, testCli } from "../support/cli.ts";
import { irisProject } from "../support/cli-projects.ts";

type Models = Profile["models"];
const points = [{ rows: 1, ms: 1 }];

function profileOf(models: Models, cpu = "some"): string {
  return JSON.stringify({ schema: 1, machine: { cores: 2, arch: "x64", cpu }, models });
}

/** The iris project, built; with its manifest, and where its files beside it are. */
async function builtIris(cli: TestCli) {
  await irisProject(cli);
  await cli.must("build iris");
  const document = (await cli.document("get iris_classifier:latest --json")) as {
    manifest: unknown;
  };
  const manifest = BentoManifest.parse(document.manifest);
  const folder = bentoFolder(manifest, bentoDigest(manifest), join(cli.home, "cache"));
  const [model] = manifest.models;
  const iris: Models = model === undefined ? {} : { iris: { digest: model.digest, points } };
  const write = async (path: string, text: string) => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  };
  const planned = async (line: string, cwd = ".") => {
    const { err } = await cli.bento(`deploy ${line} --platform local --out plan.json`, { cwd });
    const text = await readFile(join(cli.work, cwd, "plan.json"), "utf8");
    return { variables: Plan.parse(JSON.parse(text)).variables, err };
  };
  return { iris, folder, write, planned, work: cli.work };
}

const OTHER = `sha256:${"0".repeat(64)}` as const;

describe("bento deploy, with what bento profile measured", () => {
  it("passes on the part that is of the bento's own models", async () => {
    await using cli = await testCli();
    const { iris, folder, write, planned } = await builtIris(cli);
    const tag = "iris_classifier:latest";
    expect((await planned(tag)).variables).toEqual({});
    await write(
      join(folder, "profile.json"),
      profileOf({ ...iris, other: { digest: OTHER, points } }),
    );
    const passed = { BENTO_PROFILE: profileOf(iris) };
    expect((await planned(tag)).variables).toEqual(passed);
    expect((await planned(`${tag} --set-env BENTO_PROFILE=none.json`)).variables).toEqual({
      BENTO_PROFILE: "none.json",
    });
  });

  it("takes the project's before what lies beside the bento", async () => {
    await using cli = await testCli();
    const { iris, folder, write, planned, work } = await builtIris(cli);
    await write(join(folder, "profile.json"), profileOf(iris, "of the cache"));
    await write(join(work, "iris/profile.json"), profileOf(iris, "of the project"));
    const { variables } = await planned("--yes", "iris");
    expect(variables).toEqual({ BENTO_PROFILE: profileOf(iris, "of the project") });
  });

  it.each([
    ["of other models", profileOf({ iris: { digest: OTHER, points } }), ""],
    ["that no profile is", "{}", /^profile not used: .*profile\.json$/m],
    ["that is too long", undefined, /^profile\.json left out: over 2048 bytes/m],
  ])("leaves one out %s", async (_, text, told) => {
    await using cli = await testCli();
    const { iris, folder, write, planned } = await builtIris(cli);
    await write(join(folder, "profile.json"), text ?? profileOf(iris, "x".repeat(3000)));
    const { variables, err } = await planned("iris_classifier:latest");
    expect(variables).toEqual({});
    expect(err).toMatch(told);
  });
});
