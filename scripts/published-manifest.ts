/**
 * `strip` takes out of package.json what only this repository needs, just before it is packed; `restore` puts it back.
 * The Node binaries are for development and CI: users bring their own.
 *
 * @module
 */
import { readFile, rename, rm, writeFile } from "node:fs/promises";

const manifest = new URL("../package.json", import.meta.url);
const backup = new URL("../package.json.published-backup", import.meta.url);

if (process.argv[2] === "strip") {
  const text = await readFile(manifest, "utf8");
  await writeFile(backup, text);
  const {
    optionalDependencies: _,
    devDependencies: __,
    allowScripts: ___,
    ...published
  } = JSON.parse(text, withoutSources);
  await writeFile(manifest, `${JSON.stringify(published, undefined, 2)}\n`);
} else {
  await rm(manifest, { force: true });
  await rename(backup, manifest);
}

/** The condition that leads to sources: there are none in the package. */
function withoutSources(key: string, value: unknown): unknown {
  return key === "bentokit-source" ? undefined : value;
}
