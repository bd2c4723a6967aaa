import { describe, expect, it } from "vitest";
import { goldenFiles } from "../../packager/golden.ts";
import { testProject } from "../support/bundled-service.ts";
import { failureOf } from "../support/failure.ts";

const LINE = '{"input": {"x": 1}, "output": [2.5, null], "tolerance": 0}\n';

describe("goldenFiles", () => {
  it("gives nothing where there is no folder", async () => {
    await using project = await testProject({ "service.ts": "" });
    expect(await goldenFiles(project.directory, ["f"])).toEqual(new Map());
  });

  it("gives the files as they are, sorted, blank lines included, and leaves others", async () => {
    const f = `${LINE}\n  \n${LINE}`;
    await using project = await testProject({
      "service.ts": "",
      "golden/g.jsonl": '{"input": null, "output": null}',
      "golden/f.jsonl": f,
      "golden/README.md": "notes",
    });
    const files = await goldenFiles(project.directory, ["f", "g"]);
    expect([...files].map(([path, content]) => [path, String(content)])).toEqual([
      ["golden/f.jsonl", f],
      ["golden/g.jsonl", '{"input": null, "output": null}'],
    ]);
  });

  it.each([
    ["nope", "1: not JSON: Unexpected token 'o', \"nope\" is not valid JSON"],
    ['{"output": 1}', "1: input is missing"],
    ['{"input": 1}', "1: output is missing"],
    ['{"input": 1, "output": 1, "tolerance": "x"}', "1: tolerance: expected a number from 0"],
    ['{"input": 1, "output": 1, "tolerance": -1}', "1: tolerance: expected a number from 0"],
    [
      '{"input": 1, "output": 1, "tolerence": 1}',
      '1: unknown key "tolerence"; did you mean tolerance?',
    ],
    ["[]", "1: expected an object"],
    ["3", "1: expected an object"],
    [
      `${LINE}\n{`,
      "3: not JSON: Expected property name or '}' in JSON at position 1 (line 1 column 2)",
    ],
  ])("refuses %j", async (text, problem) => {
    await using project = await testProject({ "service.ts": "", "golden/f.jsonl": text });
    expect((await failureOf(() => goldenFiles(project.directory, ["f"]))).message).toBe(
      `golden/f.jsonl:${problem}`,
    );
  });

  it("refuses a file that is named after no api", async () => {
    await using project = await testProject({
      "service.ts": "",
      "golden/clasify.jsonl": LINE,
      "golden/other.jsonl": LINE,
    });
    expect(await failureOf(() => goldenFiles(project.directory, ["classify"]))).toEqual({
      code: "BENTO_INVALID_INPUT",
      message:
        'golden/clasify.jsonl: no api "clasify"; did you mean classify?\ngolden/other.jsonl: no api "other"',
      where: `${project.directory}/golden`,
      hint: 'each line is {"input": …, "output": …, "tolerance": 1e-5}, and each file is named after an api',
    });
  });
});
