/**
 * What the store takes and gives, held by `tsc --noEmit`.
 *
 * @module
 */
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { type ModelInput, models, openStore, type RegisteredModel } from "bentokit/models";

async function* pieces(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(4);
}

/** Everything that a model may come as. */
export async function sources(response: Response): Promise<void> {
  const options = {
    version: "v1",
    framework: "scikit-learn",
    signatures: { predict: { batchable: true, outputs: ["label"] } },
    labels: { stage: "dev" },
    metadata: { accuracy: 0.96 },
  };
  await models.save("iris", "./model.onnx", options);
  await models.save("iris", new Uint8Array(4), options);
  await models.save("iris", pieces(), options);
  await models.save("iris", createReadStream("model.onnx"), options);
  await models.save("iris", Readable.from([Buffer.alloc(4)]), options);
  if (response.body !== null) {
    await models.save("iris", response.body, options);
  }
  await using store = openStore({ home: "/srv/bento", url: "s3://acme/models" });
  await store.models.save(pieces(), { name: "iris", ...options });

  // @ts-expect-error a stream of texts is none of bytes
  const texts: ModelInput = (async function* () {
    yield "text";
  })();
  // @ts-expect-error a number is no model
  await models.save("iris", 4);
  // @ts-expect-error labels are texts
  await models.save("iris", "model.onnx", { labels: { stage: 1 } });
  void texts;
}

/** What the rest gives. */
export async function rest(): Promise<readonly (string | null)[]> {
  const shown: RegisteredModel[] = [];
  for await (const model of models.list("iris", { limit: 50, after: "iris:v1" })) {
    shown.push(model);
  }
  const { tag, previous } = await models.promote("iris:v2", {
    to: "production",
    from: "staging",
    require: ["accuracy>=current-0.01"],
    expect: "v1",
  });
  const { version } = await models.rollBack("iris", { alias: "production" });
  const who: (string | undefined)[] = [];
  for await (const { value } of models.history("iris", "production")) {
    who.push(value.who);
  }
  const { damaged } = await models.verify();
  const { bytes } = await models.gc({ graceMs: 0, isDryRun: true });
  bytes satisfies number;
  // @ts-expect-error a promotion goes somewhere
  await models.promote("iris:v2", {});
  return [tag.version, previous, version, ...damaged.map(({ what }) => what)];
}
