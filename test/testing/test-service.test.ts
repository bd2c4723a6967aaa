import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { io, model, service, type Tensor, tensor } from "../../core/index.ts";
import { openStore } from "../../model-store/open-store.ts";
import { testService } from "../../testing/index.ts";
import { FIXTURE_MODELS, fixtureModel } from "../support/fixture-model.ts";
import { onnxFile } from "../support/onnx-file.ts";
import { tempDir } from "../support/temp-dir.ts";

const Row = z.array(z.number());
const Answer = z.object({ label: z.number(), probabilities: z.array(z.number()) });

/** A classifier as a batch and as an api, over a model whose input has this name. */
function classifier(input: string, reference = model("classifier:latest")) {
  return service({
    name: "classifier",
    models: { classifier: reference },
    apis: ({ api, batch }) => ({
      many: batch({
        parameter: "rows",
        row: Row,
        result: Answer,
        maxBatchSize: 32,
        async run(rows, { models }) {
          const X = tensor("float32", [rows.length, rows[0]?.length ?? 0], rows.flat());
          const { label, probabilities } = await models.classifier.run({ [input]: X });
          const width = probabilities?.dims[1] ?? 0;
          return rows.map((_, index) => ({
            label: Number(label?.data[index]),
            probabilities: Array.from(
              probabilities?.data.slice(index * width, (index + 1) * width) ?? [],
              Number,
            ),
          }));
        },
      }),
      one: api({
        input: { row: Row },
        output: Answer,
        async run({ row }, { models, signal }) {
          const X = tensor("float32", [1, row.length], row);
          const answer = await models.classifier.run({ [input]: X }, { signal });
          return {
            label: Number(answer["label"]?.data[0]),
            probabilities: Array.from(answer["probabilities"]?.data ?? [], Number),
          };
        },
      }),
    }),
  });
}

describe("testService", () => {
  it.each(FIXTURE_MODELS)(
    "answers as the framework that trained %s, by a batch and by single calls",
    async (name) => {
      const { path, input, rows, labels, probabilities } = await fixtureModel(name);
      await using tested = await testService(classifier(input), { models: { classifier: path } });
      const sent = rows.map((row) => [...row]);
      const many = await tested.client.many({ rows: sent });
      const single = await Promise.all(sent.map((row) => tested.client.one({ row })));
      for (const answers of [many, single]) {
        expect(answers.map((answer) => answer.label)).toEqual(labels);
        const furthest = answers.flatMap((answer, index) =>
          answer.probabilities.map((value, column) =>
            Math.abs(value - (probabilities[index]?.[column] ?? Number.NaN)),
          ),
        );
        expect(furthest).toHaveLength(rows.length * (probabilities[0]?.length ?? 0));
        expect(Math.max(...furthest)).toBeLessThanOrEqual(1e-5);
      }
    },
  );

  it("takes models from a store, by tag, and names their exact versions", async () => {
    await using home = await tempDir();
    const { path, rows } = await fixtureModel("iris_random_forest");
    await using store = openStore({ home: home.path });
    await store.models.save(path, { name: "classifier", version: "v1" });
    await using tested = await testService(classifier("X"), { store, home: home.path });
    const response = await tested.fetch("/one", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ row: rows[0] }),
    });
    expect([response.status, response.headers.get("x-bento-models")]).toEqual([
      200,
      "classifier=classifier:v1",
    ]);
  });

  it("fills up rows and makes masks as the model's signature says", async () => {
    await using home = await tempDir();
    const file = join(home.path, "tokens.onnx");
    const axes = { elemType: 7, dims: ["batch", "sequence"] };
    const inputs = ["ids", "mask"].map((name) => ({ name, ...axes }));
    const outputs = ["sameIds", "sameMask"].map((name) => ({ name, ...axes }));
    await writeFile(file, onnxFile({ inputs, outputs }));
    await using store = openStore({ home: home.path });
    const signatures = { predict: { padding: { ids: 7 }, mask: "mask" } };
    await store.models.save(file, { name: "tokens", version: "v1", signatures });
    const tokens = service({
      name: "tokens",
      models: { tokens: model("tokens") },
      apis: ({ api }) => ({
        mask: api({
          input: { ids: z.array(z.number()) },
          output: io.tensor("int64", ["n", "length"]),
          async run({ ids }, { models }) {
            const answer = await models.tokens.run({ ids: tensor("int64", [1, ids.length], ids) });
            return answer["sameMask"] as Tensor<"int64">;
          },
        }),
      }),
    });
    await using tested = await testService(tokens, { store, home: home.path });
    const sent = [[1, 2, 3], [4]];
    const masks = await Promise.all(sent.map((ids) => tested.client.mask({ ids })));
    expect(masks).toEqual([[[1, 1, 1]], [[1]]]);
  });

  it("packs a file of the project", async () => {
    const { path, rows } = await fixtureModel("iris_random_forest");
    const local = model.file("model.onnx") as never;
    await using tested = await testService(classifier("X", local), {
      directory: path.replace(/model\.onnx$/, ""),
    });
    expect((await tested.client.one({ row: [...(rows[0] ?? [])] })).label).toBe(0);
  });

  it("runs onStart before the first request and onStop once", async () => {
    const seen: string[] = [];
    const tested = await testService(
      service({
        name: "hooks",
        onStart: () => void seen.push("start"),
        onStop: () => void seen.push("stop"),
        apis: ({ api }) => ({
          go: api({ input: {}, output: z.number(), run: () => seen.push("run") }),
        }),
      }),
    );
    await tested.client.go({});
    await tested.close();
    await tested.close();
    expect(seen).toEqual(["start", "run", "stop"]);
  });

  it("names a model that the service does not have", async () => {
    await expect(
      testService(classifier("X"), { models: { clasifier: "/m.onnx" } }),
    ).rejects.toMatchObject({
      code: "BENTO_INVALID_INPUT",
      message: 'the service has no model "clasifier"',
      hint: "its models are classifier",
    });
  });

  it("names a model that the store does not have", async () => {
    await using home = await tempDir();
    await expect(testService(classifier("X"), { home: home.path })).rejects.toMatchObject({
      code: "BENTO_NOT_FOUND",
    });
  });
});

describe("service.fetch", () => {
  it("answers with models of the store that BENTO_HOME names", async () => {
    await using home = await tempDir();
    const { path, rows } = await fixtureModel("iris_random_forest");
    await using store = openStore({ home: home.path });
    await store.models.save(path, { name: "classifier" });
    const before = process.env["BENTO_HOME"];
    process.env["BENTO_HOME"] = home.path;
    try {
      const response = await classifier("X").fetch(
        new Request("http://localhost/many", {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ rows: rows.slice(0, 2) }),
        }),
      );
      expect(await response.json()).toMatchObject([{ label: 0 }, { label: 0 }]);
    } finally {
      if (before === undefined) {
        delete process.env["BENTO_HOME"];
      } else {
        process.env["BENTO_HOME"] = before;
      }
    }
  });
});
