/**
 * Keeps what a bundle does not use of Node out of its cold start. Importing one of Node's modules as a module reads all
 * of its exports, and with them loads what nobody asked for: a WebSocket client and fetch with `node:http` (24 of 130 ms on
 * Node 24), streams with `node:fs`. Taken by function, it loads what is used.
 *
 * @module
 */
import type { Plugin } from "esbuild";

/** @param isOurs - whether an importing file gets the light ones; what users import is Node's, whole */
export function lightBuiltins(isOurs: (importer: string) => boolean): Plugin {
  return {
    name: "bento-light-builtins",
    setup(build) {
      build.onResolve({ filter: /^node:/ }, ({ path, importer, kind }) =>
        kind === "import-statement" && isOurs(importer)
          ? { path, namespace: "bento-builtin" }
          : undefined,
      );
      build.onLoad({ filter: /.*/, namespace: "bento-builtin" }, ({ path }) => ({
        contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
        loader: "js",
      }));
    },
  };
}
