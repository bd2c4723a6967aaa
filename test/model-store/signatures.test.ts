import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TensorSpec } from "../../core/tensor-spec.ts";
import { completeSignatures } from "../../model-store/signatures.ts";
import { failureOf } from "../support/failure.ts";

const spec = (name: string, ...dims: (string | number)[]): TensorSpec => ({
  name,
  dtype: "float32",
  dims,
});

const GRAPH = {
  inputs: [spec("X", "n", 4)],
  outputs: [spec("label", "n"), spec("scores", "?", 3)],
};

describe("completeSignatures", () => {
  it("makes predict, batchable where axis 0 of everything is symbolic", () => {
    expect(completeSignatures(GRAPH)).toEqual({ predict: { batchable: true } });
    expect(completeSignatures(GRAPH, {})).toEqual({ predict: { batchable: true } });
  });

  it("keeps what the user wrote and completes the rest", () => {
    const given = {
      classify: { outputs: ["label"] },
      score: { outputs: ["scores"], batchable: false },
      both: { batchable: true },
    };
    expect(completeSignatures(GRAPH, given)).toEqual({
      classify: { batchable: true, outputs: ["label"] },
      score: { batchable: false, outputs: ["scores"] },
      both: { batchable: true },
    });
  });

  it("keeps padding for inputs whose second axis is symbolic", () => {
    const inputs = [spec("ids", "n", "length"), spec("mask", "n", "length"), spec("X", "n", 4)];
    const graph = { inputs, outputs: [spec("Y", "n")] };
    const padding = { ids: 0, mask: 0 };
    expect(completeSignatures(graph, { predict: { padding } })).toEqual({
      predict: { batchable: true, padding: { axis: 1, values: padding } },
    });
    const wrong = { predict: { padding: { idz: 0, X: 0 } } };
    expect(() => completeSignatures(graph, wrong)).toThrow(
      expect.objectContaining({
        code: "BENTO_INVALID_INPUT",
        message:
          'the graph has no input "idz"; did you mean ids?\naxis 1 of input X is 4, not symbolic',
        where: "signatures.predict.padding",
      }),
    );
  });

  it("keeps a mask, which is filled with 0", () => {
    const inputs = [spec("ids", "n", "length"), spec("mask", "n", "length"), spec("X", "n", 4)];
    const graph = { inputs, outputs: [spec("Y", "n")] };
    const complete = (padding: Record<string, number> | undefined, mask: string) =>
      completeSignatures(graph, { predict: { padding, mask } });
    expect(complete({ ids: 7 }, "mask")).toEqual({
      predict: {
        batchable: true,
        padding: { axis: 1, values: { ids: 7, mask: 0 }, mask: "mask" },
      },
    });
    const messages = [
      [undefined, "mask", "mask mask has no padded input beside it"],
      [{ ids: 7, mask: 1 }, "mask", "mask mask is filled with 1, not 0"],
      [{ ids: 7 }, "X", "axis 1 of input X is 4, not symbolic"],
      [{ ids: 7 }, "maks", 'the graph has no input "maks"; did you mean mask?'],
    ] as const;
    for (const [padding, mask, message] of messages) {
      expect(() => complete(padding, mask)).toThrow(expect.objectContaining({ message }));
    }
  });

  it("judges a signature by its own outputs only", () => {
    const graph = { inputs: GRAPH.inputs, outputs: [spec("scores", "n", 3), spec("loss", 1)] };
    expect(completeSignatures(graph, { all: {}, scores: { outputs: ["scores"] } })).toEqual({
      all: { batchable: false },
      scores: { batchable: true, outputs: ["scores"] },
    });
  });

  it("is batchable by default exactly when every first axis is a name", () => {
    const dims = fc.array(fc.oneof(fc.constantFrom("n", "?", "batch"), fc.nat(5)), {
      maxLength: 3,
    });
    const specs = fc.array(dims, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(specs, specs, (inputs, outputs) => {
        const graph = {
          inputs: inputs.map((axes) => spec("x", ...axes)),
          outputs: outputs.map((axes) => spec("y", ...axes)),
        };
        const expected = [...inputs, ...outputs].every(([axis]) => typeof axis === "string");
        expect(completeSignatures(graph)).toEqual({ predict: { batchable: expected } });
      }),
    );
  });

  it("leaves a graph that does not say its shapes to the user", () => {
    const graph = { inputs: [spec("X", "...")], outputs: [spec("Y", "n")] };
    expect(completeSignatures(graph)).toEqual({ predict: { batchable: false } });
    expect(completeSignatures(graph, { predict: { batchable: true } })).toEqual({
      predict: { batchable: true },
    });
  });

  it.each([
    [[spec("X", 1, 4)], [spec("Y", "n")], "axis 0 of input X is 1, not symbolic"],
    [[spec("X", "n")], [spec("label", 1)], "axis 0 of output label is 1, not symbolic"],
    [[spec("X", "n"), spec("k")], [spec("Y", "n")], "input k has no axes"],
    [[], [spec("Y", "n")], "the graph has no inputs"],
  ])("refuses batchable for %j to %j", async (inputs, outputs, why) => {
    const complete = () =>
      completeSignatures({ inputs, outputs }, { predict: { batchable: true } });
    expect(await failureOf(complete)).toEqual({
      code: "BENTO_INVALID_INPUT",
      message: `signature predict cannot be batchable: ${why}`,
      where: "signatures.predict.batchable",
      hint: "export the model with a symbolic first axis (a dynamic batch dimension), or leave batchable out",
    });
  });

  it("names the outputs that there are", async () => {
    const complete = () => completeSignatures(GRAPH, { classify: { outputs: ["labl"] } });
    expect(await failureOf(complete)).toEqual({
      code: "BENTO_INVALID_INPUT",
      message: 'the graph has no output "labl"',
      where: "signatures.classify.outputs",
      hint: "did you mean label? its outputs: label, scores",
    });
  });
});
