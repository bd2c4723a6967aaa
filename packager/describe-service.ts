/**
 * Asks a bundled service what it is. The user's code runs in a process of its own: it may throw, print, hang or exit,
 * and the build still ends with a sentence that says so.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { relative, sep } from "node:path";
import { pathToFileURL } from "node:url";
import * as z from "zod";
import { BentoError, ERROR_CODES, type ErrorCode } from "../core/bento-error.ts";
import { Resources, Traffic } from "../core/bento-manifest.ts";

const BatchSettings = z.object({
  maxBatchSize: z.number().optional(),
  maxLatencyMs: z.number().optional(),
  maxWaitMs: z.number().optional(),
});

/** What handler/describe.ts answers. */
export const ServiceDescription = z.object({
  name: z.string(),
  description: z.string().optional(),
  models: z.array(
    z.object({
      key: z.string(),
      tag: z.string().optional(),
      file: z.string().optional(),
      batch: BatchSettings.optional(),
    }),
  ),
  apis: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(["api", "batch"]),
      description: z.string().optional(),
    }),
  ),
  resources: Resources,
  traffic: Traffic,
  env: z.array(z.string()),
  openapi: z.looseObject({}),
  schema: z.looseObject({}),
});
export type ServiceDescription = z.infer<typeof ServiceDescription>;

const Answer = z.union([
  z.object({ description: ServiceDescription }),
  z.object({
    error: z.object({
      code: z.string().optional(),
      message: z.string(),
      where: z.string().optional(),
      hint: z.string().optional(),
      stack: z.string().optional(),
    }),
  }),
]);

const TIME_LIMIT_MS = 30_000;

// the answer goes by a channel of its own, because user code may print to stdout
const SCRIPT = `
import { writeSync } from "node:fs";
const say = (value) => writeSync(3, JSON.stringify(value));
try {
  const bundle = await import(process.argv[1]);
  say({ description: await bundle.describe() });
} catch (error) {
  const { code, message = String(error), where, hint, stack } = error ?? {};
  say({ error: { code: typeof code === "string" ? code : undefined, message, where, hint, stack } });
}
process.exit(0);
`;

/**
 * @param bundleFile - absolute path of the bundle's service.js
 * @param serviceFile - the source as the user knows it, for messages
 * @throws BentoError BENTO_INVALID_SERVICE when the code throws, exits or does not come to an end in 30 s
 */
export async function describeService(
  bundleFile: string,
  serviceFile: string,
): Promise<ServiceDescription> {
  const { answer, exitCode, stderr } = await runScript(bundleFile);
  if (answer === "") {
    const ended =
      exitCode === null
        ? `did not load in ${TIME_LIMIT_MS / 1000} s`
        : `ended the process (exit code ${exitCode})`;
    throw new BentoError(
      "BENTO_INVALID_SERVICE",
      `the service ${ended}${stderr === "" ? "" : `\n${stderr.trim()}`}`,
      {
        where: serviceFile,
        hint: "keep the top level of service.ts to definitions; work at start belongs into onStart",
      },
    );
  }
  const parsed = Answer.parse(JSON.parse(answer));
  if ("description" in parsed) {
    return parsed.description;
  }
  const { code, message, where, hint, stack } = parsed.error;
  if (code !== undefined && code in ERROR_CODES) {
    throw new BentoError(code as ErrorCode, message, { where: where ?? serviceFile, hint });
  }
  throw new BentoError(
    "BENTO_INVALID_SERVICE",
    `the service threw while it was loaded: ${message}`,
    {
      where: firstOwnFrame(stack, bundleFile) ?? serviceFile,
      hint: "mend the line named above; nothing was built",
    },
  );
}

async function runScript(
  bundleFile: string,
): Promise<{ answer: string; exitCode: number | null; stderr: string }> {
  const child = spawn(
    process.execPath,
    [
      "--enable-source-maps",
      "--no-warnings",
      "--input-type=module",
      "-e",
      SCRIPT,
      pathToFileURL(bundleFile).href,
    ],
    { stdio: ["ignore", "ignore", "pipe", "pipe"], timeout: TIME_LIMIT_MS, killSignal: "SIGKILL" },
  );
  const [answer, stderr] = await Promise.all([collect(child.stdio[3]), collect(child.stderr)]);
  if (child.exitCode === null && child.signalCode === null) {
    await new Promise((done) => child.once("exit", done));
  }
  return { answer, exitCode: child.exitCode, stderr };
}

async function collect(stream: unknown): Promise<string> {
  let text = "";
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    text += chunk.toString("utf8");
  }
  return text;
}

/** `service.ts:12:3` of the first frame that lies in the user's own sources. */
function firstOwnFrame(stack: string | undefined, bundleFile: string): string | undefined {
  const root = bundleFile.slice(0, bundleFile.lastIndexOf(sep));
  for (const [, file = "", place] of (stack ?? "").matchAll(
    /\(?((?:file:\/\/)?\/[^\s()]+?):(\d+:\d+)\)?$/gm,
  )) {
    const path = relative(root, file.replace(/^file:\/\//, ""));
    if (
      !path.startsWith("..") &&
      !path.startsWith("bentokit") &&
      !path.includes("node_modules") &&
      path !== "service.js"
    ) {
      return `${path}:${place}`;
    }
  }
  return undefined;
}
