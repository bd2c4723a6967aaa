/**
 * Measures the model store on S3 against the SDK itself and against the disk: `npm run bench:store`, with `--quick` a
 * model of 256 MiB, with `--folder DIR` on another disk.
 *
 * @module
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startFaultProxy } from "../../test/support/fault-proxy.ts";
import { ANY_S3_SERVER, startS3Server } from "../../test/support/s3-server.ts";
import { type Figure, formatTable, verdictOf } from "../http/figures.ts";
import { importing, pulling, pushing, type StoreBench, sharing } from "./scenarios.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    pairs: { type: "string" },
    folder: { type: "string", default: tmpdir() },
    out: { type: "string", default: fileURLToPath(new URL("../results/", import.meta.url)) },
  },
});

process.env["TMPDIR"] = values.folder; // the server keeps its objects there too
const folder = await mkdtemp(join(values.folder, "bench-store-"));
try {
  await using server = await startS3Server(ANY_S3_SERVER);
  await using proxy = await startFaultProxy(server.endpoint);
  const bench: StoreBench = {
    server,
    proxy,
    folder,
    home: join(folder, "home"),
    modelBytes: (values.quick ? 256 : 1024) * 2 ** 20,
    pairs: Number(values.pairs ?? (values.quick ? 3 : 5)),
  };
  const figures: Figure[] = [];
  for (const scenario of [importing, pushing, pulling, sharing]) {
    process.stderr.write(`${scenario.name} …\n`);
    const made = await scenario(bench);
    process.stderr.write(`${formatTable(made)}\n`);
    figures.push(...made);
  }
  const table = formatTable(figures);
  process.stdout.write(`${table}\n`);
  await writeResults(table, figures);
  process.exitCode = figures.some((figure) => verdictOf(figure) === "MISS") ? 7 : 0;
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function writeResults(table: string, figures: readonly Figure[]): Promise<void> {
  await mkdir(values.out, { recursive: true });
  const machine = `${availableParallelism()} × ${cpus()[0]?.model ?? "?"}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
  const size = values.quick ? "256 MiB" : "1 GiB";
  const head = `# The model store

Made by \`npm run bench:store\`: a model of ${size}, ${ANY_S3_SERVER} behind a passing proxy, all on ${machine}. Every copy is a
process of its own; ratios are of pairs in turn, A B B A, with the bootstrap interval of their median.
`;
  await writeFile(join(values.out, "store.md"), `${head}\n${table}\n`);
  const judged = figures.map((figure) => ({ ...figure, verdict: verdictOf(figure) }));
  const json = { machine, model: size, server: ANY_S3_SERVER, figures: judged };
  await writeFile(join(values.out, "store.json"), `${JSON.stringify(json, undefined, 2)}\n`);
}
