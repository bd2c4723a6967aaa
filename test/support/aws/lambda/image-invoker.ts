/**
 * Runs versions by their images, pulled from the registry and unpacked: one warm environment for each version.
 *
 * @module
 */
import { rootfsOf } from "../../../../adapters/local/rootfs.ts";
import { parseImageRef } from "../../../../core/image-ref.ts";
import { silent } from "../../../../core/progress.ts";
import { inspectImage } from "../../../../oci/inspect-image.ts";
import { createLayout } from "../../../../oci/layout.ts";
import { pullImage } from "../../../../oci/registry/pull-image.ts";
import { tempDir } from "../../temp-dir.ts";
import { type ExecutionEnvironment, executionEnvironment } from "./execution-environment.ts";
import { type AskLogs, functionLog } from "./function-log.ts";
import type { Invocation, Invoker, Outcome } from "./invoke.ts";

export interface ImageInvokerOptions {
  /** `127.0.0.1:PORT` of a registry that asks for nothing. */
  readonly registryHost: string;
  readonly askLogs: AskLogs;
  readonly region: string;
}

export async function imageInvoker(options: ImageInvokerOptions): Promise<Invoker> {
  const stack = new AsyncDisposableStack();
  const home = stack.use(await tempDir());
  const environments = new Map<string, Promise<ExecutionEnvironment>>();
  const startOne = async (invocation: Invocation) => {
    const { root, image } = await unpacked(invocation, home.path, options);
    const { found, version } = invocation;
    const log = functionLog(found, version, options.askLogs);
    return await executionEnvironment(invocation, { root, image, log, region: options.region });
  };
  const end = async (key: string) => {
    const starting = environments.get(key);
    environments.delete(key);
    await (await starting?.catch(() => undefined))?.[Symbol.asyncDispose]();
  };
  return {
    async invoke(invocation): Promise<Outcome> {
      const { found, version } = invocation;
      const key = `${found.arn}:${version.version}:${version.revisionId}`;
      const known = await environments.get(key)?.catch(() => undefined);
      if (known?.isAlive === false) {
        await end(key);
      }
      const starting = environments.get(key) ?? startOne(invocation);
      environments.set(key, starting);
      const environment = await starting.catch((error: unknown) => String(error));
      return typeof environment === "string"
        ? startFailure(invocation.requestId, environment)
        : await environment.invoke(invocation);
    },
    stop(arn) {
      for (const key of environments.keys()) {
        if (key.startsWith(`${arn}:`)) {
          void end(key);
        }
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...environments.keys()].map(end));
      await stack[Symbol.asyncDispose]();
    },
  };
}

/** E.g. an image for another kind of processor. */
function startFailure(requestId: string, reason: string): Outcome {
  const errorMessage = `RequestId: ${requestId} Error: fork/exec: exec format error (${reason})`;
  const payload = JSON.stringify({ errorType: "Runtime.InvalidEntrypoint", errorMessage });
  return { payload, error: "Unhandled" };
}

async function unpacked(
  { version }: Invocation,
  home: string,
  { registryHost }: ImageInvokerOptions,
) {
  const { imageUri, digest, settings } = version;
  const [, repository = ""] = /^[^/]+\/([^@:]+)/.exec(imageUri) ?? [];
  const layout = await createLayout(`${home}/images`);
  const [architecture = "x86_64"] = settings["Architectures"] as string[];
  const descriptor = await pullImage({
    reference: parseImageRef(`${registryHost}/${repository}@${digest}`),
    platform: architecture === "arm64" ? "linux/arm64" : "linux/amd64",
    layout,
    name: digest.replace(":", "-"),
  });
  const image = await inspectImage(layout, { digest: descriptor.digest });
  const context = {
    name: "stand-in",
    environment: undefined,
    home,
    ambient: {},
    onProgress: silent,
    signal: undefined,
  };
  const root = await rootfsOf({ layout, ...image }, context as never);
  return { root, image };
}
