import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tempDir } from "../support/temp-dir.ts";

const MODULE = new URL("../../handler/map-stack-traces.ts", import.meta.url).href;

/** Line 3 of the file is line 7, column 5 of service.ts. */
const MAP = { version: 3, sources: ["service.ts"], names: [], mappings: ";;AAMI" };

async function traceOf(map: string | undefined): Promise<string> {
  await using dir = await tempDir();
  const file = join(dir.path, "bundle.js");
  await writeFile(join(dir.path, "package.json"), '{"type":"module"}');
  await writeFile(file, "export function fail() {\n\nthrow new TypeError('no');\n}\n");
  if (map !== undefined) {
    await writeFile(`${file}.map`, map);
  }
  const script = `import { mapStackTraces } from ${JSON.stringify(MODULE)};
mapStackTraces();
const { fail } = await import(${JSON.stringify(file)});
try { fail(); } catch (error) { console.log(error.stack.replaceAll(${JSON.stringify(dir.path)}, "DIR")); }`;
  const flags = ["--no-warnings", "--input-type=module", "-e", script];
  return execFileSync(process.execPath, flags, { encoding: "utf8" });
}

describe("mapStackTraces", () => {
  it("names the source's line where there is a map", async () => {
    const [head, first] = (await traceOf(JSON.stringify(MAP))).split("\n");
    expect([head, first]).toEqual(["TypeError: no", "    at fail (service.ts:7:5)"]);
  });

  it.each([
    ["there is none", undefined],
    ["it cannot be read", "{"],
  ])("names the bundle's line where %s", async (_, map) => {
    const [head, first] = (await traceOf(map)).split("\n");
    expect([head, first]).toEqual(["TypeError: no", "    at fail (file://DIR/bundle.js:3:7)"]);
  });
});
