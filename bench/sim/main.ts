/**
 * `npm run sim [-- --full] [--seeds N] [--out FOLDER] [--cells TEXT]`: plays the grid and the scenarios, writes `sim.json` and
 * `sim.md`, and prints the bars. The same every time. With `--cells` only cells that have that text in their names are
 * played, and nothing is written.
 *
 * @module
 */
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { planOf } from "./grid.ts";
import { judge, whereOf } from "./judge.ts";
import { formatJson, formatPage, formatVerdicts, hashOfResults } from "./report.ts";
import { type CellResult, runCell } from "./run-cell.ts";
import { runScenarios } from "./scenarios.ts";

const { values } = parseArgs({
  options: {
    full: { type: "boolean", default: false },
    seeds: { type: "string" },
    cells: { type: "string" },
    out: { type: "string", default: join(import.meta.dirname, "..", "results") },
  },
});

const plan = planOf({
  isFull: values.full,
  seeds: values.seeds === undefined ? undefined : Number.parseInt(values.seeds, 10),
});
const cells: CellResult[] = [];
const { cells: wanted = "" } = values;
const isWhole = values.cells === undefined;
for (const cell of plan.cells.filter((one) => whereOf(one).includes(wanted))) {
  cells.push(await runCell(cell, plan));
  if (cells.length % 15 === 0) {
    process.stderr.write(`${cells.length} of ${plan.cells.length} cells\n`);
  }
}
const scenarios = isWhole ? await runScenarios(plan.seeds) : [];
const results = { plan, verdicts: judge(cells, scenarios), cells, scenarios };
if (isWhole) {
  await mkdir(values.out, { recursive: true });
  await put("sim.json", formatJson(results));
  await put("sim.md", formatPage(results));
}
console.log(formatVerdicts(results.verdicts.filter((verdict) => isWhole || verdict.cases > 0)));
console.log(`\nhash ${hashOfResults(results)}`);

async function put(name: string, text: string): Promise<void> {
  const path = join(values.out, name);
  await writeFile(`${path}.part`, text);
  await rename(`${path}.part`, path);
}
