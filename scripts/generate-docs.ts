/**
 * Writes the generated pages of docs/; with `--check` it writes nothing and exits 1 where one differs.
 *
 * @module
 */
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { generatedPages } from "./docs/pages.ts";

const isCheck = process.argv.includes("--check");

for (const [path, text] of generatedPages()) {
  const file = fileURLToPath(new URL(`../${path}`, import.meta.url));
  if ((await readFile(file, "utf8").catch(() => "")) === text) {
    continue;
  }
  if (isCheck) {
    console.error(`${path} is not what its sources give: npm run docs:generate`);
    process.exitCode = 1;
  } else {
    await writeFile(file, text);
    console.error(`wrote ${path}`);
  }
}
