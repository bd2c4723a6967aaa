/**
 * Projects with an aws-cdk-lib of their own, as users of an older or newer one have: kept in `.tmp/cdk/<version>` between
 * runs, with the package as it is published put in anew.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { cp, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { REPOSITORY } from "../sources.ts";
import { readAssembly } from "./synthesize.ts";

const run = promisify(execFile);

export interface CdkVersions {
  readonly "aws-cdk-lib": string;
  readonly constructs: string;
}

/** Where a version is installed, whether it is yet or not. */
export function installDirectory(versions: CdkVersions): string {
  return join(REPOSITORY, ".tmp", "cdk", versions["aws-cdk-lib"]);
}

/**
 * Installs a version from the npm registry, unless an earlier run did.
 *
 * @returns the project's directory
 */
export async function installCdk(versions: CdkVersions): Promise<string> {
  const directory = installDirectory(versions);
  const { devDependencies } = JSON.parse(await readFile(join(REPOSITORY, "package.json"), "utf8"));
  const manifest = JSON.stringify({
    private: true,
    type: "module",
    dependencies: {
      ...versions,
      zod: devDependencies.zod,
      "@types/node": devDependencies["@types/node"],
    },
  });
  const there = await readFile(join(directory, "package.json"), "utf8").catch(() => undefined);
  if (there !== manifest) {
    // In a folder beside it, so that an install that dies is none.
    const beside = `${directory}.${process.pid}`;
    await mkdir(beside, { recursive: true });
    await writeFile(join(beside, "package.json"), manifest);
    const flags = ["--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts"];
    await run("npm", ["install", ...flags], { cwd: beside, env: withNode() });
    await rm(directory, { recursive: true, force: true });
    await rename(beside, directory);
  }
  return directory;
}

/** @param tarball - as `npm pack` makes it */
export async function putPackage(directory: string, tarball: string): Promise<void> {
  const place = join(directory, "node_modules", "bentokit");
  await rm(place, { recursive: true, force: true });
  await mkdir(place, { recursive: true });
  await run("tar", ["-xzf", tarball, "--strip-components=1", "-C", place]);
}

/**
 * Copies an app into the project, compiles it where it asks for that, and runs it.
 *
 * @returns its assembly
 */
export async function synthesizeWith(directory: string, app: UsersApp) {
  const place = join(directory, app.name);
  await rm(place, { recursive: true, force: true });
  await cp(join(REPOSITORY, app.from), place, { recursive: true });
  if (app.isCompiled) {
    const tsc = join(REPOSITORY, "node_modules", ".bin", "tsc");
    await run(tsc, ["--project", place, "--pretty", "false"], {
      cwd: place,
      env: withNode(),
    }).catch((error: { stdout?: string; message: string }) => {
      throw new Error(error.stdout || error.message);
    });
  }
  await runOrTell(process.execPath, [app.main], place);
  return readAssembly(join(place, "cdk.out"));
}

/** An error of a minified library shows its whole source first: what matters stands at the end. */
async function runOrTell(program: string, argv: readonly string[], cwd: string): Promise<void> {
  const env = { ...withNode(), CDK_OUTDIR: join(cwd, "cdk.out") };
  await run(program, argv, { cwd, env }).catch((error: { stdout: string; stderr: string }) => {
    throw new Error(`${error.stdout}${error.stderr}`.slice(-2000));
  });
}

export interface UsersApp {
  readonly name: string;
  /** Its folder in the repository. */
  readonly from: string;
  /** What is run, from its folder. */
  readonly main: string;
  readonly isCompiled: boolean;
}

/** As a user has it: this Node, and nothing that leads to our sources. */
function withNode(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PATH: `${dirname(process.execPath)}:${process.env["PATH"]}`,
    NODE_OPTIONS: "",
  };
}
