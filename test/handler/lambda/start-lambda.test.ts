import { describe, expect, it } from "vitest";
import type { RuntimeManifest } from "../../../core/runtime-manifest.ts";
import { fixtureModel } from "../../support/fixture-model.ts";
import { runtimeApiServer } from "../../support/runtime-api-server.ts";
import { startService } from "../../support/start-service.ts";
import { tempDir } from "../../support/temp-dir.ts";

const IRIS = `
import { model, service, tensor } from "bentokit";
import * as z from "zod";
export default service({
  name: "iris",
  models: { iris: model("iris:latest") },
  apis: ({ api }) => ({
    label: api({
      input: { x: z.array(z.number()) },
      output: z.number(),
      async run({ x }, { models }) {
        const { label } = await models.iris.run({ X: tensor("float32", [1, 4], x) });
        return Number(label.data[0]);
      },
    }),
  }),
});`;

const ZEROS = `sha256:${"0".repeat(64)}` as const;
const FLOWER = { x: [6.3, 3.3, 6, 2.5] };

async function irisRuntime(): Promise<RuntimeManifest> {
  const { path } = await fixtureModel("iris_random_forest");
  const models = { iris: { tag: "iris:v3", digest: ZEROS, path, batchable: true } };
  return { name: "iris", version: "v1", digest: ZEROS, models };
}

describe("start on Lambda", () => {
  it.each([
    ["1", "inline", undefined],
    ["8", undefined, expect.anything()],
  ])(
    "answers by the model at a concurrency of %s, and exits 0 on SIGTERM",
    async (AWS_LAMBDA_MAX_CONCURRENCY, mode, points) => {
      await using dir = await tempDir();
      await using api = await runtimeApiServer();
      const environment = { AWS_LAMBDA_RUNTIME_API: api.host, AWS_LAMBDA_MAX_CONCURRENCY };
      const runtime = await irisRuntime();
      const started = await startService(dir.path, { source: IRIS, runtime, environment });
      const loaded = await started.logged("model loaded");
      expect(loaded?.["points"]).toEqual(points);
      expect(loaded).toMatchObject(mode === undefined ? {} : { mode });
      await api.whenIdle(Number(AWS_LAMBDA_MAX_CONCURRENCY));
      expect(await started.logged("polling")).toMatchObject({ models: ["iris"] });
      expect(await api.invoke(FLOWER)).toEqual({ kind: "answer", body: "2" });
      started.process.kill("SIGTERM");
      expect(await started.exited).toBe(0);
      expect(started.stderr()).not.toContain("listening");
    },
  );

  it("tells Lambda why it cannot start, and exits with the error's code", async () => {
    await using dir = await tempDir();
    await using api = await runtimeApiServer();
    const runtime = await irisRuntime();
    const models = { iris: { ...Object.values(runtime.models)[0], path: "gone.onnx" } };
    const started = await startService(dir.path, {
      source: IRIS,
      runtime: { ...runtime, models } as RuntimeManifest,
      environment: { AWS_LAMBDA_RUNTIME_API: api.host },
    });
    expect(await started.exited).toBe(3);
    expect(api.initErrors).toMatchObject([
      {
        errorType: "BENTO_NOT_FOUND",
        errorMessage: expect.stringMatching(/^error: no such model/),
      },
    ]);
    expect(started.stderr()).toContain("error: no such model file");
  });

  it("exits when the Runtime API has gone", async () => {
    await using dir = await tempDir();
    const api = await runtimeApiServer();
    const started = await startService(dir.path, {
      source: IRIS,
      runtime: await irisRuntime(),
      environment: { AWS_LAMBDA_RUNTIME_API: api.host },
    });
    await api.whenIdle(1);
    await api[Symbol.asyncDispose]();
    expect(await started.exited).toBe(5);
    expect(started.stderr()).toContain("error: the Runtime API does not answer");
  });
});
