import { describe, expect, it } from "vitest";
import { translateModel } from "../../../model-store/bentoml/translate-model.ts";

const NOW = new Date("2026-01-01T00:00:00Z");
const BARE = { name: "iris", version: "v1" };

describe("translateModel", () => {
  it("keeps what our rules allow, without a note", () => {
    expect(
      translateModel(
        {
          ...BARE,
          module: "bentoml.onnx",
          labels: { stage: "dev" },
          metadata: { accuracy: 0.96, tags: ["a", 1, true], empty: null },
          signatures: { run: { batchable: true, batch_dim: [0, 0] }, other: { batchable: false } },
          creation_time: "2025-12-02T10:00:00.514251+02:00",
        },
        NOW,
      ),
    ).toEqual({
      name: "iris",
      version: "v1",
      labels: { stage: "dev" },
      metadata: { accuracy: 0.96, tags: ["a", 1, true], empty: null },
      signatures: { run: { batchable: undefined }, other: { batchable: false } },
      registeredAt: "2025-12-02T08:00:00.514Z",
      notes: [],
    });
  });

  it("says what it changes and drops", () => {
    const { notes, ...rest } = translateModel(
      {
        name: "Iris",
        version: "latest",
        labels: { rows: 150, "": "x", on: true },
        metadata: { split: { test: 0.2 }, loss: Number.NaN, "": 1, deep: [[1]] },
        signatures: { run: { batchable: true, batch_dim: 1 } },
        creation_time: "2030-01-01T00:00:00Z",
      },
      NOW,
    );
    expect(rest).toEqual({
      name: "iris",
      version: undefined,
      labels: { rows: "150", on: "true" },
      metadata: {},
      signatures: { run: { batchable: false } },
      registeredAt: undefined,
    });
    expect(notes).toEqual([
      "name Iris is iris here",
      'version "latest" is none here',
      "label rows is text here: 150",
      'label without a name dropped: "x"',
      "label on is text here: true",
      "metadata split dropped: it is nested",
      "metadata loss dropped: NaN is no finite number",
      'metadata "" dropped: it has no name',
      "metadata deep dropped: it is nested",
      "signature run is single here: BentoML joins its rows along axis 1",
      'creation time "2030-01-01T00:00:00Z" is not believed: it is registered as of now',
    ]);
  });

  it.each([
    ["2025-12-02T10:00:00", "2025-12-02T10:00:00.000Z"],
    ["2025-12-02 10:00:00.5", "2025-12-02T10:00:00.500Z"],
    ["2025-12-02T10:00:00Z", "2025-12-02T10:00:00.000Z"],
    ["yesterday", undefined],
    [undefined, undefined],
  ])("takes %j for %j", (creation_time, time) => {
    expect(translateModel({ ...BARE, creation_time }, NOW).registeredAt).toBe(time);
  });
});
