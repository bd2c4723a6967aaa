import { describe, expect, it } from "vitest";
import type { Deployment } from "../../core/deployment.ts";
import { digestOf } from "../../core/digest.ts";
import { parseTag } from "../../core/tag.ts";
import { collect } from "../../model-store/collect.ts";
import { memoryDriver } from "../../model-store/drivers/memory.ts";
import { bentoOf, writeBentoFiles } from "../support/bento-content.ts";
import { keysOf } from "../support/driver-suite.ts";
import { failureOf } from "../support/failure.ts";
import { modelBytes, testStore } from "../support/stores.ts";
import { tempDir } from "../support/temp-dir.ts";

const PLACE = { environment: "prod", platform: "local", name: "iris" };

function record(change: Partial<Deployment> = {}): Deployment {
  return {
    schema: 1,
    ...PLACE,
    at: "2026-01-01T00:00:00Z",
    plan: digestOf("plan"),
    bento: {
      name: "iris",
      version: "b1",
      digest: digestOf("bento"),
      models: { iris: { tag: "m:v1", digest: digestOf("model") } },
    },
    outcome: "succeeded",
    verified: true,
    details: {},
    ...change,
  };
}

describe("DeploymentStore", () => {
  it("has nothing before the first deploy", async () => {
    const { deployments } = testStore();
    expect(await deployments.latest(PLACE)).toBeUndefined();
    expect(await deployments.running(PLACE)).toBeUndefined();
    expect(await collect(deployments.history(PLACE))).toEqual([]);
    expect(await collect(deployments.list())).toEqual([]);
  });

  it("keeps every record, newest first", async () => {
    await using driver = memoryDriver();
    const { deployments } = testStore({ driver });
    const records = ["a", "b", "c"].map((message) => record({ message }));
    for (const each of records) {
      await deployments.append(each);
    }
    expect(await collect(deployments.history(PLACE))).toEqual(records.toReversed());
    expect(await deployments.latest(PLACE)).toEqual(records[2]);
    expect(await keysOf(driver, "")).toEqual([
      "deployments/prod/local/iris/9999999996.json",
      "deployments/prod/local/iris/9999999997.json",
      "deployments/prod/local/iris/9999999998.json",
    ]);
  });

  it("adds nothing after another record than the one that was read", async () => {
    const { deployments } = testStore();
    const [first, second] = [record({ message: "a" }), record({ message: "b", by: "ann" })];
    await deployments.append(first, { after: null });
    await deployments.append(second, { after: first });
    for (const after of [null, first]) {
      await expect(deployments.append(record(), { after })).rejects.toMatchObject({
        code: "BENTO_CONFLICT",
        message: "iris was changed by another deploy: succeeded at 2026-01-01T00:00:00Z by ann",
        where: "platform local, environment prod",
        hint: "see what stands: bento deployment status iris; then deploy again",
      });
    }
    expect(await collect(deployments.history(PLACE))).toEqual([second, first]);
  });

  it("loses no record of several that are written at once", async () => {
    const { deployments } = testStore();
    const messages = Array.from({ length: 20 }, (_, index) => String(index + 10));
    await Promise.all(messages.map(async (message) => deployments.append(record({ message }))));
    const history = await collect(deployments.history(PLACE));
    expect(history.map(({ message }) => message).sort()).toEqual(messages);
  });

  it("knows what runs: the last success, until it is destroyed", async () => {
    const { deployments } = testStore();
    const steps: [Deployment["outcome"], string | undefined][] = [
      ["failed", undefined],
      ["succeeded", "1"],
      ["failed", "1"],
      ["rolled-back", "1"],
      ["succeeded", "4"],
      ["destroyed", undefined],
      ["failed", undefined],
      ["succeeded", "7"],
    ];
    for (const [index, [outcome, running]] of steps.entries()) {
      await deployments.append(record({ outcome, message: String(index) }));
      expect((await deployments.running(PLACE))?.message).toBe(running);
    }
  });

  it("lists the newest record of each deployment", async () => {
    const { deployments } = testStore();
    const places = [
      { ...PLACE, environment: "dev" },
      { ...PLACE, name: "digits" },
      PLACE,
      { ...PLACE, platform: "aws-lambda" },
    ];
    for (const place of [...places, PLACE]) {
      await deployments.append(record(place));
    }
    const listed = await collect(deployments.list());
    expect(
      listed.map(({ environment, platform, name }) => `${environment} ${platform} ${name}`),
    ).toEqual(["dev local iris", "prod aws-lambda iris", "prod local digits", "prod local iris"]);
  });

  it.each(["", "a/b", "..", "a b"])("refuses the environment %j", async (environment) => {
    const { deployments } = testStore();
    expect(await failureOf(() => deployments.append(record({ environment })))).toEqual({
      code: "BENTO_INVALID_INPUT",
      message: `cannot keep a deployment under ${JSON.stringify(environment)}`,
      hint: "environments, platforms and names are made of A-Z a-z 0-9 . _ - and start with a letter or digit",
    });
  });

  it("keeps the bento and the models that it runs from being deleted", async () => {
    await using dir = await tempDir();
    await writeBentoFiles(dir.path);
    const { models, bentos, deployments } = testStore();
    await models.save(modelBytes(), { name: "m", version: "v1" });
    await bentos.save(dir.path, bentoOf({ version: "b1" }));
    await deployments.append(record());
    const expected = (noun: string) => ({
      code: "BENTO_CONFLICT",
      message: `${noun} is used by deployment iris on local (prod)`,
      hint: "delete or move those first, or say --force to delete it all the same",
    });
    expect(await failureOf(() => bentos.delete(parseTag("iris:b1")))).toEqual(
      expected("bento iris:b1"),
    );
    expect(await failureOf(() => models.delete(parseTag("m:v1")))).toEqual(expected("model m:v1"));
    await deployments.append(record({ outcome: "destroyed" }));
    expect((await bentos.delete(parseTag("iris:b1"))).broken).toEqual([]);
    expect((await models.delete(parseTag("m:v1"))).broken).toEqual([]);
  });
});
