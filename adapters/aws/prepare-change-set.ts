/**
 * Has the CDK's own library synthesise an app and make a change set of one of its stacks. Nothing is executed. The
 * library keeps files: they go into a folder of ours, removed afterwards.
 *
 * @module
 */
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import type { IIoHost, Toolkit } from "@aws-cdk/toolkit-lib";
import { BentoError } from "../../core/bento-error.ts";
import { unlessAborted } from "../../core/unless-aborted.ts";
import { sweepLeftovers } from "../../oci/leftovers.ts";
import { replaceFile } from "../../oci/replace-file.ts";
import { formatArn } from "./arn.ts";
import { importAws } from "./aws-peers.ts";
import { translateAwsError } from "./aws-refusal.ts";
import type { AwsSession } from "./session.ts";

/** What `App.synth()` returns; the folder holds the templates. */
export interface SynthesizedApp {
  readonly directory: string;
}

export interface PrepareOptions {
  /** Builds the app and synthesises it into the folder. */
  readonly synthesize: (outdir: string) => Promise<SynthesizedApp>;
  readonly stackName: string;
  readonly changeSetName: string;
  /** Whether the stack that stands may not be deleted: that is kept as it is. */
  readonly isProtected: boolean;
  /** BENTO_HOME. Absolute. */
  readonly home: string;
}

type Library = typeof import("@aws-cdk/toolkit-lib");

/**
 * Takes the place of a change set of the same name. An empty one is made too; it has failed then.
 *
 * @returns paths of constructs by logical id, e.g. `Bento/Function`
 * @throws BentoError BENTO_PLATFORM when the library or CloudFormation refuses; the app's own errors; the session's reason
 * when that stops it: the library goes on for some seconds then
 */
export async function prepareChangeSet(
  session: AwsSession,
  options: PrepareOptions,
): Promise<ReadonlyMap<string, string>> {
  const library = (await importAws("@aws-cdk/toolkit-lib", {
    projectDirectory: session.projectDirectory,
    needs: session.platform,
  })) as Library;
  const work = inOwnFolder(options.home, (folder) =>
    prepare(session, options, { library, folder }),
  );
  try {
    return await unlessAborted(work, session.signal); // the library knows no signals
  } catch (error) {
    session.signal?.throwIfAborted();
    throw prepareError(error, session, options);
  }
}

interface Tools {
  readonly library: Library;
  readonly folder: string;
}

async function prepare(
  session: AwsSession,
  { synthesize, stackName, changeSetName, isProtected }: PrepareOptions,
  { library, folder }: Tools,
): Promise<ReadonlyMap<string, string>> {
  const toolkit = createToolkit(session, library);
  const outdir = join(folder, "out");
  const source = await toolkit.fromAssemblyBuilder(
    async () => {
      const { directory } = await synthesize(outdir);
      await keepProtection(directory, stackName, isProtected);
      return { directory };
    },
    { outdir, clobberEnv: false, resolveDefaultEnvironment: false, lookups: false },
  );
  await using app = await toolkit.synth(source);
  const stack = app.cloudAssembly.getStackByName(stackName);
  await toolkit.deploy(app, {
    stacks: {
      strategy: library.StackSelectionStrategy.PATTERN_MUST_MATCH_SINGLE,
      patterns: [stack.hierarchicalId],
      expand: library.ExpandStackSelection.NONE,
    },
    deploymentMethod: { method: "change-set", changeSetName, execute: false },
  });
  const paths = stack.findMetadataByType("aws:cdk:logicalId").flatMap(({ path, data }) => {
    const words = path.split("/").slice(2); // it begins with a slash and the stack
    const shown = words.at(-1) === "Resource" ? words.slice(0, -1) : words;
    return typeof data === "string" ? [[data, shown.join("/")] as const] : [];
  });
  return new Map(paths);
}

function createToolkit(session: AwsSession, { Toolkit, BaseCredentials }: Library): Toolkit {
  const silentHost: IIoHost = {
    notify: async () => {},
    requestResponse: async (request) => request.defaultResponse,
  };
  const { credentials, region } = session;
  return new Toolkit({
    ioHost: silentHost,
    color: false,
    emojis: false,
    sdkConfig: {
      baseCredentials: BaseCredentials.custom({
        provider: async () => await credentials(),
        region,
      }),
    },
  });
}

/** The library would take the protection off that somebody has put on by hand: the app does not name it. */
async function keepProtection(
  directory: string,
  stackName: string,
  isProtected: boolean,
): Promise<void> {
  const path = join(directory, "manifest.json");
  const manifest = JSON.parse(await readFile(path, "utf8"));
  for (const [id, { type, properties }] of Object.entries<Artifact>(manifest.artifacts ?? {})) {
    if (type === "aws:cloudformation:stack" && (properties?.stackName ?? id) === stackName) {
      Object.assign(properties ?? {}, { terminationProtection: isProtected });
    }
  }
  await replaceFile(path, JSON.stringify(manifest));
}

/** Of the CDK's manifest, as far as it is looked at. */
interface Artifact {
  readonly type?: string;
  readonly properties?: { readonly stackName?: string };
}

const FOLDER = "cdk-";
/** The library reads its place from the process's environment, which is one for all: one at a time. */
let turn: Promise<unknown> = Promise.resolve();

/** The folder stays until the work has really ended, also when nobody waits for it any more. */
function inOwnFolder<Value>(
  home: string,
  work: (folder: string) => Promise<Value>,
): Promise<Value> {
  const run = turn.then(async () => {
    await mkdir(home, { recursive: true });
    await sweepLeftovers([home], { isTemporary: (name) => name.startsWith(FOLDER) });
    const folder = await mkdtemp(join(home, FOLDER));
    const before = process.env["CDK_HOME"];
    process.env["CDK_HOME"] = join(folder, "home");
    try {
      return await work(folder);
    } finally {
      if (before === undefined) {
        delete process.env["CDK_HOME"];
      } else {
        process.env["CDK_HOME"] = before;
      }
      await rm(folder, { recursive: true, force: true });
    }
  });
  turn = run.catch(() => {});
  return run;
}

/** The app's own error, or AWS's, is somewhere among the causes of the library's. */
function prepareError(error: unknown, session: AwsSession, options: PrepareOptions): unknown {
  const resource = formatArn(session, "cloudformation", `stack/${options.stackName}/*`);
  const request = { action: "cloudformation:CreateChangeSet", resource };
  for (let one = error; one instanceof Error; one = one.cause) {
    if (BentoError.isInstance(one)) {
      return one;
    }
    const told = translateAwsError(one, session, request);
    if (told !== one) {
      return told;
    }
  }
  const words = error instanceof Error ? error.message : String(error);
  const lines = stripVTControlCharacters(words).trim().split("\n");
  return new BentoError("BENTO_PLATFORM", `no change set: ${lines.slice(0, 4).join("\n  ")}`, {
    where: `stack ${options.stackName}, region ${session.region}`,
    hint: "mend what the CDK names, then run the same command",
    cause: error,
  });
}
