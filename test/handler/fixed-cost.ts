/**
 * Cost models that never learn.
 *
 * @module
 */
import type { CostModel } from "../../handler/cost-model.ts";

/** t(n) = alphaMs + betaMs·n, exactly; what it is shown goes to `observe`. */
export function lineCost(
  alphaMs: number,
  betaMs = 0,
  observe: CostModel["observe"] = () => {},
): CostModel {
  const at = (rows: number) => alphaMs + betaMs * rows;
  const line = { alphaMs, betaMs };
  return {
    isTrained: true,
    predict: at,
    plan: at,
    line,
    spread: 0,
    bestRows: (cap) => cap,
    observe,
  };
}

/** Says nothing, ever. */
export function unknownCost(observe: CostModel["observe"] = () => {}): CostModel {
  return {
    isTrained: false,
    predict: () => undefined,
    plan: () => undefined,
    line: undefined,
    spread: 0,
    bestRows: (cap) => cap,
    observe,
  };
}
