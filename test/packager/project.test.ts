import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readBentofile, readProject } from "../../packager/project.ts";
import { testProject } from "../support/bundled-service.ts";
import { failureOf } from "../support/failure.ts";

const FILES = { "service.ts": "", "other.ts": "", "lib/deep.mjs": "", "notes.txt": "" };

describe("readProject", () => {
  it.each([
    [".", "service.ts", undefined],
    ["./", "service.ts", undefined],
    ["other.ts", "other.ts", undefined],
    ["other.ts:Iris", "other.ts", "Iris"],
    [".:Iris", "service.ts", "Iris"],
    ["lib/deep.mjs:$x_1", "lib/deep.mjs", "$x_1"],
  ])("reads the target %j", async (target, file, exportName) => {
    await using project = await testProject(FILES);
    const found = await readProject(target, project.directory);
    expect([found.serviceFile, found.exportName]).toEqual([
      join(project.directory, file),
      exportName,
    ]);
  });

  it.each([
    ["service: other.ts", "other.ts", undefined],
    ["service: other", "other.ts", undefined],
    ["service: other:Iris", "other.ts", "Iris"],
    ["service: other.ts:Iris", "other.ts", "Iris"],
    ["service: lib/deep.mjs", "lib/deep.mjs", undefined],
  ])("takes the file from %j", async (bentofile, file, exportName) => {
    await using project = await testProject({ ...FILES, "bentofile.yaml": bentofile });
    expect([project.serviceFile, project.exportName]).toEqual([
      join(project.directory, file),
      exportName,
    ]);
  });

  it("lets the export that is typed win", async () => {
    await using project = await testProject({ ...FILES, "bentofile.yaml": "service: other:Iris" });
    expect((await readProject(".:Digits", project.directory)).exportName).toBe("Digits");
  });

  it("reads the bentofile.yaml beside a service file", async () => {
    await using project = await testProject({ ...FILES, "lib/bentofile.yaml": "name: deep" });
    const found = await readProject("lib/deep.mjs", project.directory);
    expect([found.directory, found.bentofile.name]).toEqual([
      join(project.directory, "lib"),
      "deep",
    ]);
  });

  it("suggests the near name for a path that is not there", async () => {
    await using project = await testProject(FILES);
    const cwd = project.directory;
    expect(await failureOf(() => readProject("lib/dep.mjs:Iris", cwd))).toEqual({
      code: "BENTO_NOT_FOUND",
      message: 'no such file or folder: "lib/dep.mjs:Iris"',
      where: cwd,
      hint: "did you mean lib/deep.mjs?",
    });
    expect((await failureOf(() => readProject("no/such/folder", cwd))).hint).toBe(
      "name a folder with a service.ts, or the service file itself; bento init DIR makes one",
    );
  });

  it("refuses a file that is no source", async () => {
    await using project = await testProject(FILES);
    expect(await failureOf(() => readProject("notes.txt", project.directory))).toEqual({
      code: "BENTO_INVALID_INPUT",
      message: 'not a service file: "notes.txt"',
      where: project.directory,
      hint: "name a folder with a service.ts, or the service file itself: a .ts or .js file",
    });
  });

  it.each(["../x.ts", "/etc/x.ts", "lib/../../x.ts", "../x"])(
    "refuses the service %j outside the project",
    async (service) => {
      await using folder = await testProject({
        ...FILES,
        "x/bentofile.yaml": `service: ${service}`,
      });
      const failure = await failureOf(() => readProject("x", folder.directory));
      expect(failure).toEqual({
        code: "BENTO_INVALID_CONFIG",
        message: `the service must lie in the project: ${JSON.stringify(service)}`,
        where: join(folder.directory, "x", "bentofile.yaml"),
        hint: "move the file into the project, or build from the folder that holds it",
      });
    },
  );
});

describe("readBentofile", () => {
  it("is all defaults where there is none", async () => {
    await using project = await testProject(FILES);
    expect(await readBentofile(project.directory)).toEqual({
      service: "service.ts",
      labels: {},
      include: [],
      exclude: [],
      models: [],
      envs: [],
      docker: {},
      environments: {},
    });
  });

  it("tells a bentofile.yaml that cannot be read", async () => {
    await using project = await testProject({ ...FILES, "sub/bentofile.yaml/x": "" });
    const file = join(project.directory, "sub", "bentofile.yaml");
    expect(await failureOf(() => readBentofile(join(project.directory, "sub")))).toEqual({
      code: "BENTO_IO",
      message: `cannot read ${file}: it is a folder`,
      where: file,
      hint: "name a file",
    });
  });
});
