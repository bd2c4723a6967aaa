/**
 * Signatures over models, and what does not count as one.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Driver } from "../../model-store/driver.ts";
import { memoryDriver } from "../../model-store/drivers/memory.ts";
import type { Store } from "../../model-store/store.ts";
import { generateKeys, parsePrivateKey } from "../../oci/attest/signing-key.ts";
import { failureOf } from "../support/failure.ts";
import { modelBytes, testStore } from "../support/stores.ts";

const V1 = { name: "iris", version: "v1" };
const V2 = { name: "iris", version: "v2" };
const signer = parsePrivateKey(generateKeys().privateKey, { where: "bento.key" });
const other = parsePrivateKey(generateKeys().privateKey, { where: "other.key" });

async function stored(): Promise<{ store: Store; driver: Driver }> {
  const driver = memoryDriver();
  const store = testStore({ driver });
  await store.models.save(modelBytes(1), V1);
  await store.models.save(modelBytes(2), V2);
  return { store, driver };
}

const promote = (store: Store, tag = V1) =>
  store.models.promote(tag, { to: "production", signedBy: signer.publicKey });

async function signatureKeys(driver: Driver): Promise<string[]> {
  const found = await Array.fromAsync(driver.list("models/iris/signatures/"));
  return found.map(({ key }) => key);
}

describe("signModel", () => {
  it("lets a version be promoted that nobody could before", async () => {
    const { store } = await stored();
    const refused = await failureOf(() => promote(store));
    expect(refused).toMatchObject({
      code: "BENTO_REFUSED",
      message: expect.stringMatching(/^iris:v1 is not signed: there is no signature by the key /),
    });
    expect(await store.models.aliases("iris")).toEqual({});
    const signed = await store.models.sign(V1, signer);
    expect(signed).toMatchObject({ tag: V1, state: "signed" });
    expect(await promote(store)).toMatchObject({ version: "v1", signedBy: signed.key });
    expect((await failureOf(() => promote(store, V2))).code).toBe("BENTO_REFUSED");
  });

  it("signs once for each key", async () => {
    const { store, driver } = await stored();
    const states = [];
    for (const key of [signer, signer, other, signer]) {
      states.push((await store.models.sign(V1, key)).state);
    }
    expect(states).toEqual(["signed", "exists", "signed", "exists"]);
    expect(await signatureKeys(driver)).toHaveLength(2);
  });

  it("takes no signature of another key, whatever it is called", async () => {
    const { store, driver } = await stored();
    await store.models.sign(V1, other);
    const [theirs = ""] = await signatureKeys(driver);
    const bytes = await driver.get(theirs);
    await store.models.sign(V1, signer);
    const ours = (await signatureKeys(driver)).find((key) => key !== theirs) ?? "";
    await driver.delete(ours);
    await driver.put(ours, bytes ?? Buffer.alloc(0));
    expect((await failureOf(() => promote(store))).message).toMatch(
      /signed by the key .*, not by /,
    );
    // signing again replaces what does not hold
    expect((await store.models.sign(V1, signer)).state).toBe("signed");
    await promote(store);
  });

  it("takes no signature over another version", async () => {
    const { store, driver } = await stored();
    await store.models.sign(V1, signer);
    await store.models.sign(V2, signer);
    const [first = "", second = ""] = await signatureKeys(driver);
    const bytes = await driver.get(second);
    await driver.delete(first);
    await driver.put(first, bytes ?? Buffer.alloc(0));
    expect((await failureOf(() => promote(store))).message).toBe(
      "iris:v1 is not signed: its signature is over something else",
    );
  });

  it("does not count for a version that was registered anew with other content", async () => {
    const { store } = await stored();
    await store.models.sign(V1, signer);
    await store.models.delete(V1);
    await store.models.save(modelBytes("changed"), V1);
    expect((await failureOf(() => promote(store))).code).toBe("BENTO_REFUSED");
  });

  it("refuses a signature with any byte changed, and never breaks on one", async () => {
    const { store, driver } = await stored();
    await store.models.sign(V1, signer);
    const [key = ""] = await signatureKeys(driver);
    const bytes = (await driver.get(key)) ?? Buffer.alloc(0);
    const { payload, signatures } = JSON.parse(Buffer.from(bytes).toString()).dsseEnvelope;
    const signed = [payload, signatures[0].sig].map((text) => Buffer.from(bytes).indexOf(text));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...signed), fc.nat(60), async (from, at) => {
        const changed = new Uint8Array(bytes);
        changed[from + at] = changed[from + at] === 65 ? 66 : 65;
        await driver.delete(key);
        await driver.put(key, changed);
        expect((await failureOf(() => promote(store))).code).toBe("BENTO_REFUSED");
      }),
      { numRuns: 60 },
    );
  });

  it("travels with the version to another store", async () => {
    const { store } = await stored();
    await store.models.sign(V1, signer);
    await using there = testStore({ driver: { ...memoryDriver(), url: "memory://there" } });
    await store.copyModelTo(there, V1);
    expect(await promote(there)).toMatchObject({ version: "v1" });
  });
});
