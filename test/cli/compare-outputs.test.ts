import { describe, expect, it } from "vitest";
import { compareOutputs, type RowOutputs } from "../../cli/compare-outputs.ts";
import { tensor } from "../../core/tensor.ts";

const scores = (...numbers: number[]): RowOutputs => ({
  scores: tensor("float32", [1, numbers.length], numbers),
});
const labelled = (label: string, score: number): RowOutputs => ({
  label: { dtype: "string", dims: [1], data: [label] },
  score: tensor("float64", [1], [score]),
});

describe("compareOutputs", () => {
  it("counts labels that flipped, and the largest change of any number", () => {
    const before = [labelled("a", 1), labelled("b", 2), labelled("c", 3), labelled("d", 4)];
    const after = [labelled("a", 1), labelled("x", 2), labelled("c", 3.5), labelled("d", 4.25)];
    expect(compareOutputs(before, after)).toEqual({
      rows: 4,
      flipped: 1,
      churn: 0.25,
      largestChange: 0.5,
      worst: [
        { row: 1, isFlipped: true, change: 0 },
        { row: 2, isFlipped: false, change: 0.5 },
        { row: 3, isFlipped: false, change: 0.25 },
      ],
    });
  });

  it("takes the place of the largest number for the label where no output is one", () => {
    const { flipped } = compareOutputs(
      [scores(0.25, 0.75), scores(0.25, 0.75)],
      [scores(0.5, 0.25), scores(0.25, 0.5)],
    );
    expect(flipped).toBe(1);
    expect(compareOutputs([scores(1)], [scores(9)])).toMatchObject({
      flipped: 0,
      largestChange: 8,
    });
  });

  it("tells numbers that are none, and outputs that are gone, as boundless change", () => {
    const infinite = { largestChange: Number.POSITIVE_INFINITY };
    expect(compareOutputs([scores(1)], [scores(Number.NaN)])).toMatchObject(infinite);
    expect(compareOutputs([scores(Number.NaN)], [scores(Number.NaN)]).largestChange).toBe(0);
    expect(compareOutputs([scores(1)], [{}])).toMatchObject(infinite);
    expect(compareOutputs([scores(1, 2)], [scores(1)])).toMatchObject(infinite);
  });

  it("names the ten worst rows, flipped ones first", () => {
    const before = Array.from({ length: 30 }, (_, row) => labelled("a", row));
    const after = before.map((_, row) => labelled(row === 3 ? "b" : "a", 2 * row));
    const { worst } = compareOutputs(before, after);
    expect(worst.map(({ row }) => row)).toEqual([3, 29, 28, 27, 26, 25, 24, 23, 22, 21]);
  });

  it("is nothing for no rows", () => {
    expect(compareOutputs([], [])).toEqual({
      rows: 0,
      flipped: 0,
      churn: 0,
      largestChange: 0,
      worst: [],
    });
  });
});
