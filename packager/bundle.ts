/**
 * Bundles a service with our handler into files that run on Node alone. The output depends on the content of the
 * sources only: no path of this machine stands in it.
 *
 * @module
 */
import { dirname, join, relative, resolve, sep } from "node:path";
import type { BuildFailure, BuildOptions, Metafile, OutputFile, Plugin } from "esbuild";
import { BentoError } from "../core/bento-error.ts";
import { type BundledPackage, bundledPackages } from "./attest/bundled-packages.ts";
import { lightBuiltins } from "./light-builtins.ts";
import { codeRoot, ownModule, packageRoot } from "./own-package.ts";
import type { Project } from "./project.ts";
import { stableNames } from "./stable-names.ts";

export interface Bundle {
  /** Content by path within `src/`. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Absolute paths of all sources, for watching. */
  readonly inputs: readonly string[];
  /** npm packages inside, as name → version. */
  readonly packages: Readonly<Record<string, string>>;
  /** The same with their licences, and each version of a package that is there in several. */
  readonly components: readonly BundledPackage[];
}

/** Starts the service when run; kept apart so that importing service.js starts nothing. */
const MAIN = `import { start } from "./service.js";\n\nawait start();\n`;

/** CommonJS packages inside an ES module still call \`require\` for Node's own modules. */
const REQUIRE_BANNER = `const require=process.getBuiltinModule("node:module").createRequire(import.meta.url);`;

const OPTIONS = {
  write: false,
  bundle: true,
  // what is imported when it is needed is a file of its own; in one file, all would be wrapped in functions
  splitting: true,
  chunkNames: "[name]-[hash]",
  metafile: true,
  platform: "node",
  format: "esm",
  target: "node22",
  minify: true,
  sourcemap: "linked",
  sourcesContent: false,
  legalComments: "none",
  external: ["onnxruntime-node"],
  banner: { js: REQUIRE_BANNER },
  logLevel: "silent",
} as const satisfies BuildOptions;

/** Name of an entry that is there for its parts only. */
const HANDLER = "bento-handler";

const OWN_FOLDERS = ["core", "handler"].map((folder) => join(codeRoot, folder) + sep);
const isOwn = (importer: string) => OWN_FOLDERS.some((folder) => importer.startsWith(folder));

/**
 * @throws BentoError BENTO_INVALID_SERVICE with each of the bundler's errors at its file, line and column
 */
export async function bundleService(project: Project): Promise<Bundle> {
  const outdir = join(project.directory, ".bento-bundle"); // named only: nothing is written there
  const { build } = await import("esbuild");
  const run = (...entryPoints: { in: string; out: string }[]) =>
    build({ ...OPTIONS, entryPoints, absWorkingDir: project.directory, outdir, plugins });
  const plugins = [entryPlugin(project), ownImports(project), lightBuiltins(isOwn)];
  // apart from each other, so that the thread has all that it needs in one file
  const results = await Promise.all([
    // the handler too, so that what the service shares with it is in files that new code leaves as they are
    run({ in: "bento:service", out: "service" }, { in: ownModule("handler/main"), out: HANDLER }),
    run({ in: ownModule("handler/runner/onnx-worker"), out: "onnx-worker" }),
  ]).catch((error: BuildFailure) => {
    throw bundleError(error, project);
  });
  const files = new Map<string, Uint8Array>();
  for (const output of results.flatMap(({ outputFiles }) => outputFiles)) {
    files.set(relative(outdir, output.path), normaliseMap(output, project, outdir));
  }
  for (const suffix of ["js", "js.map"]) {
    files.delete(`${HANDLER}.${suffix}`); // nobody starts it
  }
  files.set("main.js", Buffer.from(MAIN));
  files.set("package.json", Buffer.from(`{"type":"module"}\n`));
  const inputs = inputPaths(results, project);
  const components = await componentsOf(inputs);
  const packages = Object.fromEntries(components.map(({ name, version }) => [name, version]));
  return { files: stableNames(files), inputs, packages, components };
}

/** The entry is made here, so that the user's file needs to export nothing but its service. */
function entryPlugin(project: Project): Plugin {
  const contents = [
    `import * as exports from ${JSON.stringify(project.serviceFile)};`,
    `import * as handler from ${JSON.stringify(ownModule("handler/main"))};`,
    `const exportName = ${JSON.stringify(project.exportName)};`,
    `export const start = () => handler.start({ exports, exportName, runtimeDirectory: new URL("..", import.meta.url) });`,
    `export const describe = () => handler.describe(exports, exportName);`,
  ].join("\n");
  return {
    name: "bento-entry",
    setup(build) {
      build.onResolve({ filter: /^bento:service$/ }, () => ({
        path: "service",
        namespace: "bento-entry",
      }));
      build.onLoad({ filter: /.*/, namespace: "bento-entry" }, () => ({
        contents,
        resolveDir: project.directory,
        loader: "js",
      }));
    },
  };
}

/**
 * `bentokit` is always this very copy, and zod the project's own where it has one: with two copies of either, the
 * handler and the service would not know each other's values.
 */
function ownImports(project: Project): Plugin {
  return {
    name: "bento-imports",
    setup(build) {
      build.onResolve({ filter: /^bentokit(\/.*)?$/ }, ({ path }) =>
        path === "bentokit"
          ? { path: ownModule("core/index") }
          : {
              errors: [
                {
                  text: `${path} cannot be imported by a service: only "bentokit" ships in the image`,
                },
              ],
            },
      );
      build.onResolve({ filter: /^zod(\/.*)?$/ }, async ({ path, kind, pluginData }) => {
        if (pluginData === "bento-zod") {
          return undefined;
        }
        const ask = (resolveDir: string) =>
          build.resolve(path, { kind, resolveDir, pluginData: "bento-zod" });
        const fromProject = await ask(project.directory);
        return fromProject.errors.length === 0 ? fromProject : ask(codeRoot);
      });
    },
  };
}

function bundleError(failure: BuildFailure, project: Project): BentoError {
  const ownPath = JSON.stringify(relative(project.directory, ownModule("core/index")));
  const lines = (failure.errors ?? []).map(({ text, location }) => {
    const told = text.replaceAll(ownPath, '"bentokit"');
    return location === null
      ? told
      : `${location.file}:${location.line}:${location.column + 1}: ${told}`;
  });
  // a file that several imports lead to is read for each of them
  const distinct = [...new Set(lines)];
  return new BentoError("BENTO_INVALID_SERVICE", distinct.join("\n") || failure.message, {
    where: relative(project.directory, project.serviceFile),
    hint: distinct.some((line) => line.includes('for ".node" files'))
      ? "packages with native code are not packed yet, but for onnxruntime-node: use one that is JavaScript or WebAssembly alone"
      : "mend the lines named above; packages that the service imports must be installed in the project",
    cause: failure,
  });
}

/** Rewrites a source map's paths so that they tell files, not machines. */
function normaliseMap(output: OutputFile, project: Project, outdir: string): Uint8Array {
  if (!output.path.endsWith(".map")) {
    return output.contents;
  }
  const map: unknown = JSON.parse(output.text);
  if (
    typeof map !== "object" ||
    map === null ||
    !("sources" in map) ||
    !Array.isArray(map.sources)
  ) {
    return output.contents;
  }
  const sources = map.sources.map((source) => tellPath(resolve(outdir, String(source)), project));
  return Buffer.from(JSON.stringify({ ...map, sources }));
}

function tellPath(path: string, project: Project): string {
  // the project first: it may hold this package, or lie in it; what either has installed is told by its own name
  for (const [root, prefix] of [
    [project.directory, ""],
    [packageRoot, "bentokit/"],
  ] as const) {
    const inside = relative(root, path).split(sep);
    if (path.startsWith(root + sep) && !inside.includes("node_modules")) {
      return `${prefix}${inside.join("/")}`;
    }
  }
  const parts = path.split(sep);
  const modules = parts.lastIndexOf("node_modules");
  return modules < 0 ? (parts.at(-1) ?? path) : parts.slice(modules).join("/");
}

function inputPaths(
  results: readonly { readonly metafile: Metafile }[],
  project: Project,
): string[] {
  return [...new Set(results.flatMap(({ metafile }) => Object.keys(metafile.inputs)))]
    .filter((input) => !/^bento-(entry|builtin):/.test(input))
    .map((input) => resolve(project.directory, input))
    .sort();
}

async function componentsOf(inputs: readonly string[]): Promise<BundledPackage[]> {
  const roots = new Set(inputs.flatMap((input) => packageFolder(input) ?? []));
  roots.delete(packageRoot); // installed or checked out, this package is told by the bento's own version of it
  return bundledPackages(roots);
}

function packageFolder(file: string): string | undefined {
  const parts = dirname(file).split(sep);
  const modules = parts.lastIndexOf("node_modules");
  if (modules < 0) {
    return undefined;
  }
  const length = parts[modules + 1]?.startsWith("@") === true ? 3 : 2;
  return parts.slice(0, modules + length).join(sep);
}
