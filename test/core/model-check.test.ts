import { describe, expect, it } from "vitest";
import { model } from "../../core/model-ref.ts";
import { problemsOf, withOptions } from "../support/service-options.ts";

describe("service rejects, of models,", () => {
  const tagHint = "write it as name or name:version, each part 1 to 63 of a-z 0-9 . _ -, e.g.";
  const call = 'expected model("name:version") or model.file("./m.onnx"), got';

  it.each<[string, unknown, string[]]>([
    ["a list", [model("iris")], ["models: expected an object of model(…), got [{…}]"]],
    [
      "a name that no header takes",
      { 日本: model("iris") },
      ['models: expected names of letters, digits, _ and -, got "日本"'],
    ],
    ["a bare tag", { iris: "iris:latest" }, [`models.iris: ${call} "iris:latest"`]],
    ["an object like a model", { iris: { tag: "iris" } }, [`models.iris: ${call} {"tag":"iris"}`]],
    ["the function model itself", { iris: model }, [`models.iris: ${call} a function`]],
    [
      "a tag that is none",
      { iris: model("Iris:Latest") },
      [`models.iris: not a tag: "Iris:Latest"; ${tagHint} iris:latest`],
    ],
    [
      "a tag that is no text",
      { iris: model(1 as never) },
      ['models.iris: expected a tag, e.g. model("iris:latest"), got 1'],
    ],
    [
      "an empty file",
      { iris: model.file("") },
      ['models.iris: expected a file, e.g. model.file("./m.onnx"), got ""'],
    ],
    [
      "an unknown option",
      { iris: model("iris", { maxBatchSize: 8 } as never) },
      ['models.iris: unknown option "maxBatchSize"'],
    ],
    [
      "a number of threads that is none",
      { iris: model("iris", { threads: 0 }) },
      ["models.iris.threads: expected a whole number of threads from 1, got 0"],
    ],
    [
      "wrong batch settings",
      { iris: model("iris", { batch: { max_batch_size: 8, maxWaitMs: -1 } as never }) },
      [
        'models.iris.batch: unknown option "max_batch_size"; here it is maxBatchSize',
        "models.iris.batch.maxWaitMs: expected milliseconds from 0, got -1",
      ],
    ],
    [
      "batch settings that are no object",
      { iris: model("iris", { batch: true as never }) },
      ["models.iris.batch: expected an object, e.g. { maxBatchSize: 32 }, got true"],
    ],
  ])("%s", (_, models, problems) => {
    expect(problemsOf(withOptions({ models }))).toEqual(problems);
  });
});
