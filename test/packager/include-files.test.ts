import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { includeFiles } from "../../packager/include-files.ts";
import { testProject } from "../support/bundled-service.ts";
import { failureOf } from "../support/failure.ts";

const FILES = {
  "service.ts": "",
  "labels/a.txt": "A",
  "labels/b.txt": "B",
  "labels/deep/c.txt": "C",
  "weights.bin": "W",
  "node_modules/x/index.js": "",
  ".git/config": "",
};

const withPatterns = (include: readonly string[], exclude: readonly string[] = []) =>
  testProject({ ...FILES, "bentofile.yaml": JSON.stringify({ include, exclude }) });

async function included(include: readonly string[], exclude?: readonly string[]) {
  await using project = await withPatterns(include, exclude);
  return [...(await includeFiles(project, [])).keys()].sort();
}

describe("includeFiles", () => {
  it("takes nothing where no pattern is", async () => {
    expect(await included([])).toEqual([]);
  });

  it.each([
    [["labels/*.txt"], ["labels/a.txt", "labels/b.txt"]],
    [["labels/**"], ["labels/a.txt", "labels/b.txt", "labels/deep/c.txt"]],
    [["**/*.txt"], ["labels/a.txt", "labels/b.txt", "labels/deep/c.txt"]],
    [["weights.bin", "weights.*"], ["weights.bin"]],
    [["./weights.bin"], ["weights.bin"]],
    [["labels/[ab].txt"], ["labels/a.txt", "labels/b.txt"]],
  ])("takes what %j matches, once", async (patterns, expected) => {
    expect(await included(patterns)).toEqual(expected);
  });

  it("gives the content", async () => {
    await using project = await withPatterns(["labels/a.txt"]);
    expect(String((await includeFiles(project, [])).get("labels/a.txt"))).toBe("A");
  });

  it("leaves out what exclude matches, without a complaint when that is all", async () => {
    expect(await included(["labels/**"], ["labels/b*", "**/deep/*"])).toEqual(["labels/a.txt"]);
    expect(await included(["labels/*.txt"], ["**/*.txt"])).toEqual([]);
  });

  it("never takes packages and the history of the project", async () => {
    expect(await included(["**/*"])).toEqual([
      "bentofile.yaml",
      "labels/a.txt",
      "labels/b.txt",
      "labels/deep/c.txt",
      "service.ts",
      "weights.bin",
    ]);
  });

  it("follows no link, neither to a file nor through a folder", async () => {
    await using project = await withPatterns(["linked/*", "link.txt"]);
    await using outside = await testProject({ "service.ts": "", "secret.txt": "S" });
    await symlink(outside.directory, join(project.directory, "linked"));
    await symlink(join(outside.directory, "secret.txt"), join(project.directory, "link.txt"));
    expect(await failureOf(() => includeFiles(project, []))).toEqual({
      code: "BENTO_INVALID_CONFIG",
      message: 'include: no file matches "linked/*"\ninclude: no file matches "link.txt"',
      where: join(project.directory, "bentofile.yaml"),
      hint: "patterns are relative to the folder of bentofile.yaml, e.g. labels/*.txt",
    });
  });

  it("works in a folder that is reached by a link", async () => {
    await using project = await withPatterns(["labels/*.txt"]);
    await using other = await testProject({ "service.ts": "" });
    const directory = join(other.directory, "here");
    await symlink(project.directory, directory);
    expect([...(await includeFiles({ ...project, directory }, [])).keys()].sort()).toEqual([
      "labels/a.txt",
      "labels/b.txt",
    ]);
  });

  it("tells every problem at once", async () => {
    await using project = await withPatterns(
      ["../x", "/etc/passwd", "none", "weights.bin"],
      ["a/../b"],
    );
    expect(await failureOf(() => includeFiles(project, ["weights.bin"]))).toEqual({
      code: "BENTO_INVALID_CONFIG",
      message: [
        'include: "../x" leaves the project',
        'include: "/etc/passwd" leaves the project',
        'exclude: "a/../b" leaves the project',
        'include: no file matches "none"',
        'include: "weights.bin" is the name of a file that the build writes',
      ].join("\n"),
      where: join(project.directory, "bentofile.yaml"),
      hint: "move the files into the project; patterns are relative to the folder of bentofile.yaml, e.g. labels/*.txt; rename the file, or take it out with exclude",
    });
  });
});
