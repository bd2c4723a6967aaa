import { describe, expect, it } from "vitest";
import { memoryDriver } from "../../model-store/drivers/memory.ts";
import { failureOf } from "../support/failure.ts";
import { dyingDriver, modelBytes, testStore } from "../support/stores.ts";

const V1 = { name: "m", version: "v1" };
const V2 = { name: "m", version: "v2" };

/** Two stores that have nothing. */
function twoStores() {
  const driver = { ...memoryDriver(), url: "memory://other" };
  return { here: testStore(), there: testStore({ driver }), driver };
}

describe("Store.copyModelTo", () => {
  it("copies a version with its labels and its time", async () => {
    const { here, there } = twoStores();
    const bytes = modelBytes();
    await here.models.save(bytes, { ...V1, labels: { stage: "dev" } });
    expect(await here.copyModelTo(there, { name: "m" })).toEqual({
      tag: V1,
      state: "created",
      sentBytes: bytes.length,
      presentBytes: 0,
    });
    expect(await there.models.get({ name: "m" })).toEqual(await here.models.get({ name: "m" }));
    expect(await there.verify()).toEqual({
      versions: 1,
      blobs: 1,
      bytes: bytes.length,
      damaged: [],
    });
  });

  it("sends only the bytes that the other store lacks", async () => {
    const { here, there } = twoStores();
    const bytes = modelBytes();
    await here.models.save(bytes, V1);
    await here.models.save(bytes, V2);
    await here.copyModelTo(there, V1);
    const present = { sentBytes: 0, presentBytes: bytes.length };
    expect(await here.copyModelTo(there, V1)).toEqual({ tag: V1, state: "exists", ...present });
    expect(await here.copyModelTo(there, V2)).toEqual({ tag: V2, state: "created", ...present });
  });

  it("moves latest only to what was registered later", async () => {
    const { here, there } = twoStores();
    await here.models.save(modelBytes(1), V1);
    await here.models.save(modelBytes(2), V2);
    await here.copyModelTo(there, V2);
    await here.copyModelTo(there, V1);
    expect(await there.models.resolve({ name: "m" })).toEqual(V2);
    const { here: other, there: late } = twoStores();
    await other.models.save(modelBytes(1), V1);
    await other.models.save(modelBytes(2), V2);
    await other.copyModelTo(late, V1);
    await other.copyModelTo(late, V2);
    expect(await late.models.resolve({ name: "m" })).toEqual(V2);
  });

  it("refuses the same version with other content, and changes nothing", async () => {
    const { here, there } = twoStores();
    await here.models.save(modelBytes(1), V1);
    await there.models.save(modelBytes(2), V1);
    expect((await failureOf(() => here.copyModelTo(there, V1))).code).toBe("BENTO_CONFLICT");
    expect((await there.verify()).damaged).toEqual([]);
  });

  it("refuses to copy a store to itself", async () => {
    const { here } = twoStores();
    await here.models.save(modelBytes(), V1);
    expect(await failureOf(() => here.copyModelTo(here, V1))).toEqual({
      code: "BENTO_INVALID_INPUT",
      message: "both stores are memory://",
      hint: "name another store to copy to or from",
    });
  });

  it("shows nothing of a copy that died, and ends it the next time", async () => {
    for (let failAt = 1; failAt <= 4; failAt += 1) {
      const { here, there, driver } = twoStores();
      await here.models.save(modelBytes(), V1);
      const dying = testStore({ driver: dyingDriver(driver, { failAt, isAfter: true }) });
      await expect(here.copyModelTo(dying, V1)).rejects.toThrow("killed");
      expect((await there.verify()).damaged).toEqual([]);
      expect((await here.copyModelTo(there, V1)).tag).toEqual(V1);
      expect((await there.verify()).versions).toBe(1);
    }
  });
});

describe("Store.verify", () => {
  it("names the version and the file of a bit that was flipped", async () => {
    const driver = memoryDriver();
    const store = testStore({ driver });
    await store.models.save(modelBytes(), V1);
    const [blob] = await Array.fromAsync(driver.list("blobs/"));
    const bytes = Buffer.from((await driver.get(blob?.key ?? "")) ?? []);
    await driver.delete(blob?.key ?? "");
    bytes.writeUInt8(bytes.readUInt8(9) ^ 1, 9);
    await driver.put(blob?.key ?? "", bytes);
    const { damaged } = await store.verify();
    expect(damaged).toEqual([
      {
        what: "model m:v1",
        problems: [expect.stringMatching(/^model\.onnx: expected sha256:\w+, got sha256:\w+$/)],
      },
    ]);
  });

  it("names a file that is not there and a document that cannot be read", async () => {
    const driver = memoryDriver();
    const store = testStore({ driver });
    await store.models.save(modelBytes(1), V1);
    await store.models.save(modelBytes(2), V2);
    const [blob] = await Array.fromAsync(driver.list("blobs/"));
    await driver.delete(blob?.key ?? "");
    await driver.delete("models/m/versions/v2.json");
    await driver.put("models/m/versions/v2.json", Buffer.from("{"));
    const { damaged } = await store.verify();
    expect(damaged.map(({ what }) => what)).toEqual(expect.arrayContaining(["model m:v2"]));
  });
});
