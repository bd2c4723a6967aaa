import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Profile } from "../../core/profile.ts";
import { testCli } from "../support/cli.ts";
import { irisProject, writeGreeter } from "../support/cli-projects.ts";

const json = async (path: string) => JSON.parse(await readFile(path, "utf8"));

describe("bento profile", () => {
  it("measures a project's models and writes profile.json and the curves", async () => {
    await using cli = await testCli();
    await irisProject(cli);
    const { exitCode, out, err } = await cli.bento("profile iris --svg curves.svg");
    expect(exitCode).toBe(0);
    expect(err).toBe("wrote WORK/iris/profile.json\n");
    expect(out.split("\n")[0]).toBe("iris  iris_classifier:v1");
    expect(out).toMatch(/rows +ms +rows\/s/);
    expect(out).toMatch(/t\(n\) = [\d.]+ \+ [\d.e-]+·n ms, R² -?[\d.]+/);
    expect(out).toMatch(/best batch \d+ rows, gain [\d.]+×/);
    const { models } = Profile.parse(await json(join(cli.work, "iris/profile.json")));
    expect(models["iris"]?.points.map(({ rows }) => rows)).toEqual([1, 8, 32, 64, 128]);
    expect(await readFile(join(cli.work, "curves.svg"), "utf8")).toMatch(/^<svg .*iris: best/s);
  });

  it("writes beside a finished bento, which stays what it is", async () => {
    await using cli = await testCli();
    await irisProject(cli);
    await cli.must("build iris");
    const before = await cli.document("get iris_classifier:latest --json");
    const written = await cli.document("profile iris_classifier:latest --json");
    expect(written).toEqual({
      file: expect.stringMatching(/\/home\/cache\/bentos\/iris_classifier\/.*\/profile\.json$/),
      models: { iris: expect.objectContaining({ tag: "iris_classifier:v1" }) },
    });
    expect(await cli.document("get iris_classifier:latest --json")).toEqual(before);
    expect((await cli.bento("profile iris_classifier:latest --model iris")).exitCode).toBe(0);
  });

  it("has nothing to measure in a service without models", async () => {
    await using cli = await testCli();
    await writeGreeter(cli);
    expect(await cli.seen("profile .")).toMatchInlineSnapshot(`
      "exit 0
      nothing measured
      "
    `);
  });

  it("refuses a model that the service does not have, and a target that is not there", async () => {
    await using cli = await testCli();
    await irisProject(cli);
    expect(await cli.seen("profile iris --model irs")).toMatchInlineSnapshot(`
      "exit 3
      error: no model "irs" in the service
        at: --model
        do: did you mean iris?
      "
    `);
    expect(await cli.seen("profile missing")).toMatchInlineSnapshot(`
      "exit 3
      error: no bento is called missing
        at: file://HOME
        do: the store has no bentos yet
      "
    `);
  });
});
