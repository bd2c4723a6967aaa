import { describe, expect, it } from "vitest";
import { parseGate } from "../../core/gate.ts";
import { memoryDriver } from "../../model-store/drivers/memory.ts";
import type { Store } from "../../model-store/store.ts";
import { failureOf } from "../support/failure.ts";
import { modelBytes, testStore } from "../support/stores.ts";

const tag = (version: string) => ({ name: "m", version });

/** Versions v1, v2, v3 with an accuracy of 0.9, 0.8 and 0.95. */
async function threeVersions(): Promise<Store> {
  const store = testStore();
  for (const [version, accuracy] of [
    ["v1", 0.9],
    ["v2", 0.8],
    ["v3", 0.95],
  ] as const) {
    await store.models.save(modelBytes(version), { ...tag(version), metadata: { accuracy } });
  }
  return store;
}

const history = async ({ models }: Store, alias: string) =>
  (await Array.fromAsync(models.aliasHistory("m", alias))).map(({ value }) => value);

describe("ModelStore.promote", () => {
  it("moves an alias and keeps who did it, why, from where and in which run", async () => {
    const store = await threeVersions();
    await store.models.setAlias(tag("v1"), "staging");
    const said = { who: "ada", why: "better", revision: "c0ffee", run: "https://ci/1" };
    const promoted = await store.models.promote(tag("staging"), {
      to: "production",
      from: "staging",
      gates: [parseGate("accuracy>=0.9")],
      ...said,
    });
    expect(promoted).toEqual({
      tag: tag("v1"),
      alias: "production",
      version: "v1",
      previous: null,
      verdicts: [
        {
          gate: "accuracy>=0.9",
          holds: true,
          value: 0.9,
          limit: 0.9,
          reason: "accuracy is >= 0.9: it is 0.9",
        },
      ],
    });
    expect(await history(store, "production")).toEqual([
      { version: "v1", previous: null, from: "staging", ...said },
    ]);
  });

  it("refuses a model that fails a gate, naming each, and moves nothing", async () => {
    const store = await threeVersions();
    await store.models.promote(tag("v1"), { to: "production" });
    const gates = ["accuracy>=current-0.01", "f1>=0.5", "accuracy<=1"].map(parseGate);
    const refused = store.models.promote(tag("v2"), { to: "production", gates });
    expect(await failureOf(() => refused)).toEqual({
      code: "BENTO_REFUSED",
      message:
        "m:v2 is not promoted to production:" +
        "\n  accuracy>=current-0.01: accuracy is not >= 0.89: it is 0.8" +
        "\n  f1>=0.5: the model has no number called f1",
      where: "--require",
      hint: "numbers come from the model's metadata (bento models get shows it), from --metrics FILE, or churn from --on ROWS",
    });
    expect((await history(store, "production")).length).toBe(1);
  });

  it("takes numbers that were handed in before those of the metadata, and compared ones before all", async () => {
    const store = await threeVersions();
    await store.models.promote(tag("v1"), { to: "production" });
    const { verdicts } = await store.models.promote(tag("v2"), {
      to: "production",
      metrics: { accuracy: 0.99, churn: 1 },
      compare: async (current, next) => {
        expect([current?.version, next.version]).toEqual(["v1", "v2"]);
        return { churn: 0.001 };
      },
      gates: ["accuracy>=current", "churn<=1%"].map(parseGate),
    });
    expect(verdicts.map(({ value }) => value)).toEqual([0.99, 0.001]);
  });

  it("refuses what an alias does not mean that it should come from", async () => {
    const store = await threeVersions();
    await store.models.setAlias(tag("v1"), "staging");
    const refuse = (from: string) =>
      failureOf(() => store.models.promote(tag("v2"), { to: "production", from }));
    expect(await refuse("staging")).toEqual({
      code: "BENTO_REFUSED",
      message: "m:v2 is not what staging means: staging means v1",
      where: "memory://",
      hint: "promote m:staging, or move staging first",
    });
    expect((await refuse("canary")).message).toBe(
      "m:v2 is not what canary means: there is no such alias",
    );
  });

  it("asks gates again rather than overwrite a move that came in between", async () => {
    const store = await threeVersions();
    await store.models.promote(tag("v1"), { to: "production" });
    const gates = [parseGate("accuracy>=current")];
    const slow = store.models.promote(tag("v3"), {
      to: "production",
      gates,
      async compare() {
        await store.models.promote(tag("v2"), { to: "production" });
        return {};
      },
    });
    expect((await failureOf(() => slow)).code).toBe("BENTO_CONFLICT");
    expect(await store.models.resolve(tag("production"))).toEqual(tag("v2"));
  });

  it("loses none of twenty promotions at once: each is on the chain, and each follows the one before", async () => {
    const store = testStore({ driver: memoryDriver() });
    const versions = Array.from({ length: 20 }, (_, index) => `v${index}`);
    for (const version of versions) {
      await store.models.save(modelBytes(version), tag(version));
    }
    await Promise.all(
      versions.map((version) => store.models.promote(tag(version), { to: "production" })),
    );
    const moves = (await history(store, "production")).reverse();
    expect(moves.map(({ version }) => version).sort()).toEqual(versions.sort());
    expect(moves.map(({ previous }) => previous)).toEqual([
      null,
      ...moves.slice(0, -1).map(({ version }) => version),
    ]);
  });
});

describe("ModelStore.rollBack", () => {
  it("goes back one meaning at a time, past versions that are gone", async () => {
    const store = await threeVersions();
    for (const version of ["v1", "v2", "v3"]) {
      await store.models.promote(tag(version), { to: "production" });
    }
    const back = { alias: "production", who: "ada" };
    expect(await store.models.rollBack("m", back)).toEqual({
      alias: "production",
      version: "v2",
      previous: "v3",
    });
    expect((await store.models.rollBack("m", back)).version).toBe("v1");
    expect((await history(store, "production"))[0]).toEqual({
      version: "v1",
      previous: "v2",
      who: "ada",
      why: "rolled back from v2",
      isRollBack: true,
    });
    expect(await failureOf(() => store.models.rollBack("m", back))).toEqual({
      code: "BENTO_NOT_FOUND",
      message: "m:production meant nothing before v1 that still exists",
      where: "memory://",
      hint: "bento models history m shows what it meant",
    });
    await store.models.promote(tag("v3"), { to: "production" });
    await store.models.delete(tag("v1"), { force: true });
    await store.models.promote(tag("v2"), { to: "production" });
    expect((await store.models.rollBack("m", back)).version).toBe("v3");
  });

  it("says so where there is no such alias", async () => {
    const store = await threeVersions();
    expect((await failureOf(() => store.models.rollBack("m", { alias: "x" }))).message).toBe(
      "model m has no alias x",
    );
  });
});
