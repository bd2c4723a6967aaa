import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import { describe, expect, it } from "vitest";
import { type SbomContent, writeSbom } from "../../../oci/attest/sbom.ts";
import { sampleContent } from "./sample-image.ts";

const DIGEST = `sha256:${"a".repeat(64)}` as const;

const content: SbomContent = {
  ...sampleContent(DIGEST),
  components: [
    { kind: "library", id: "b", name: "b", version: "2", license: "MIT" },
    { kind: "library", id: "a", name: "a", version: "1", license: "(MIT OR Apache-2.0)" },
    { kind: "library", id: "c", name: "c", version: "3", license: "SEE LICENSE IN LICENSE.md" },
    { kind: "operating-system", id: "os", name: "debian", version: "12" },
    {
      kind: "machine-learning-model",
      id: "iris",
      name: "iris",
      version: "v1",
      digest: DIGEST,
      properties: { "bentokit:digest": DIGEST },
      parts: [{ kind: "file", id: "iris#model.onnx", name: "model.onnx", digest: DIGEST }],
    },
  ],
};

describe("writeSbom", () => {
  it("is valid by the schema of CycloneDX 1.6", async () => {
    const text = (await writeSbom(content)).toString("utf8");
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    expect(await validator.validate(text)).toBeNull();
  });

  it("writes the same bytes whatever the order of the components", async () => {
    const turned = { ...content, components: content.components.toReversed() };
    expect((await writeSbom(turned)).equals(await writeSbom(content))).toBe(true);
  });

  it("has no time, and a serial number that follows its content", async () => {
    const [one, two] = await Promise.all(
      [content, sampleContent(DIGEST)].map(async (each) =>
        JSON.parse((await writeSbom(each)).toString("utf8")),
      ),
    );
    expect(one.metadata.timestamp).toBeUndefined();
    expect(one.serialNumber).toMatch(
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(two.serialNumber).not.toBe(one.serialNumber);
  });

  it("tells licences by id, by expression or by name", async () => {
    const { components } = JSON.parse((await writeSbom(content)).toString("utf8"));
    const licenses = components.map(
      (one: { name: string; licenses?: unknown }) => [one.name, one.licenses] as const,
    );
    expect(Object.fromEntries(licenses)).toMatchObject({
      a: [{ expression: "(MIT OR Apache-2.0)" }],
      b: [{ license: { id: "MIT" } }],
      c: [{ license: { name: "SEE LICENSE IN LICENSE.md" } }],
    });
  });
});
