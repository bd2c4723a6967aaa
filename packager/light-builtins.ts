/**
 * Keeps what a bundle does not use of Node out of its cold start. Importing `node:http` as a module reads all of its
 * exports, and with them loads a WebSocket client (39 of 87 ms on Node 24); taken by function, it loads what is asked for.
 * The handler speaks HTTP/1 alone, so that `node:http2` (18 ms) is never needed; adapters of Hono only ask whether a
 * request is of it.
 *
 * @module
 */
import type { Plugin } from "esbuild";

const CONTENTS: Readonly<Record<string, string>> = {
  "node:http": `module.exports = process.getBuiltinModule("node:http");`,
  "node:http2": `module.exports = { Http2ServerRequest: class {}, constants: { NGHTTP2_NO_ERROR: 0 } };`,
};

/** @param isOurs - whether an importing file gets the light ones; what users import is Node's, whole */
export function lightBuiltins(isOurs: (importer: string) => boolean): Plugin {
  return {
    name: "bento-light-builtins",
    setup(build) {
      build.onResolve({ filter: /^node:http2?$/ }, ({ path, importer }) =>
        isOurs(importer) ? { path, namespace: "bento-builtin" } : undefined,
      );
      build.onLoad({ filter: /.*/, namespace: "bento-builtin" }, ({ path }) => ({
        contents: CONTENTS[path] ?? "",
        loader: "js",
      }));
    },
  };
}
