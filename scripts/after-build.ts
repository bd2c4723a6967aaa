/**
 * Sets the run bit that tsc does not set: without it `npx bento` fails in a checkout.
 *
 * @module
 */
import { chmod } from "node:fs/promises";

await chmod(new URL("../dist/cli/main.js", import.meta.url), 0o755);
