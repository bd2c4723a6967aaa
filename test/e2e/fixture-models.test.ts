import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openStore } from "../../model-store/open-store.ts";
import { readProject } from "../../packager/project.ts";
import { serveProject } from "../support/serve-project.ts";
import { tempDir } from "../support/temp-dir.ts";

const MODELS = new URL("../../fixtures/models/", import.meta.url);

interface Rows {
  readonly input: string;
  readonly rows: number[][];
  readonly labels: number[];
  readonly probabilities: number[][];
}

async function readRows(name: string): Promise<Rows> {
  return JSON.parse(await readFile(new URL(`${name}/rows.json`, MODELS), "utf8"));
}

/** A service that hands out what the model gives. */
function serviceSource(name: string, { input, rows }: Rows): string {
  const columns = rows[0]?.length ?? 0;
  return `import { io, model, service, tensor } from "bentokit";
import * as z from "zod";

export default service({
  name: "${name}",
  models: { classifier: model("${name}:v1") },
  apis: ({ api, batch }) => ({
    predict: api({
      input: { rows: io.tensor("float32", ["n", ${columns}]) },
      output: z.object({ labels: io.tensor("int64", ["n"]), probabilities: io.tensor("float32", ["n", "k"]) }),
      async run({ rows }, { models }) {
        const { label, probabilities } = await models.classifier.run({ ${input}: rows });
        return { labels: label, probabilities };
      },
    }),
    classify: batch({
      parameter: "row",
      per: "item",
      row: io.tensor("float32", [${columns}]),
      result: z.int(),
      async run(rows, { models }) {
        const { label } = await models.classifier.run({ ${input}: rows });
        return Array.from(label.data, Number);
      },
    }),
  }),
});
`;
}

describe("the fixture models", () => {
  it("are the committed bytes", async () => {
    const sums = JSON.parse(await readFile(new URL("checksums.json", MODELS), "utf8"));
    const found: Record<string, string> = {};
    for (const path of Object.keys(sums)) {
      const bytes = await readFile(new URL(path, MODELS));
      found[path] = createHash("sha256").update(bytes).digest("hex");
    }
    expect(found).toEqual(sums);
    expect(Object.keys(sums)).toHaveLength(10);
  });

  it.each([
    "iris_random_forest",
    "breast_cancer_xgboost",
    "breast_cancer_lightgbm",
    "digits_mlp_torch",
    "digits_mlp_keras",
  ])(
    "%s answers through a running service as its own framework did, on every row",
    async (name) => {
      await using home = await tempDir();
      const data = await readRows(name);
      const store = openStore({ home: home.path });
      await store.models.save(new URL(`${name}/model.onnx`, MODELS).pathname, {
        name,
        version: "v1",
      });
      const directory = join(home.path, "project");
      await mkdir(directory);
      await writeFile(join(directory, "service.ts"), serviceSource(name, data));
      await using server = await serveProject(await readProject(directory, "/"), store, home.path);

      const { labels, probabilities } = await server.post("predict", { rows: data.rows });
      expect(labels).toEqual(data.labels);
      expect(worstDifference(probabilities, data.probabilities)).toBeLessThanOrEqual(1e-5);

      // one row a request, all at once: whatever batches form, each caller gets its own answer
      const single = await Promise.all(data.rows.map((row) => server.post("classify", { row })));
      expect(single).toEqual(data.labels);
    },
  );
});

function worstDifference(got: number[][], expected: number[][]): number {
  const differences = expected.flatMap((row, index) =>
    row.map((value, column) =>
      Math.abs(value - (got[index]?.[column] ?? Number.POSITIVE_INFINITY)),
    ),
  );
  return Math.max(...differences);
}
