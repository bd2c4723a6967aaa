/**
 * Twenty seconds of chaos: `npm run bench:chaos`, or `-- --seconds 60`. Exits 1 when anything is wrong.
 *
 * @module
 */
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { runChaos } from "./chaos.ts";

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "20" }, seed: { type: "string", default: "1" } },
});
const until = performance.now() + 1000 * Number(values.seconds);
const report = await runChaos({
  seed: Number(values.seed),
  connections: 32,
  isOn: () => performance.now() < until,
  kills: 5,
});
process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
const isWell =
  report.wrong.length === 0 &&
  report.unaccounted === 0 &&
  Object.values(report.left).every((count) => count === 0);
process.exitCode = isWell ? 0 : 1;
