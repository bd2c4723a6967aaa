/**
 * What every deploy needs of this machine and its surroundings, looked at without writing: Node, the platform's
 * packages, the store, the base of images.
 *
 * @module
 */
import { join } from "node:path";
import type { Adapter, DeployContext, Finding } from "../adapters/adapter.ts";
import { BentoError } from "../core/bento-error.ts";
import { formatImageRef, parseImageRef } from "../core/image-ref.ts";
import { absoluteBase } from "./actions/containerize.ts";
import { type CliContext, homeOf } from "./context.ts";
import { registryOptions } from "./registry.ts";
import { cacheOf, storeOf } from "./store.ts";

/** The project's folder is where packages are looked for. */
export async function packagesFinding(context: CliContext, adapter: Adapter): Promise<Finding> {
  const { requirePeers } = await import("../adapters/peers.ts");
  const { platform, peers } = adapter;
  return await finding("packages", async () => {
    requirePeers(platform, peers, context.cwd);
    return peers.length === 0 ? `${platform} needs none` : peers.map(({ name }) => name).join(", ");
  });
}

export function nodeFinding(): Finding {
  return { check: "node", state: "fine", summary: process.versions.node };
}

/** Reads one name of it. */
export async function storeFinding(context: CliContext, url: string | undefined): Promise<Finding> {
  return await finding("store", async () => {
    await using store = await storeOf(context, url);
    const iterator = store.deployments.list({ signal: context.signal })[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.return?.();
    return url ?? context.environment["BENTO_STORE"] ?? `${homeOf(context)} on this machine`;
  });
}

/** A base that does not answer is a warning: an image may be there already, or made elsewhere. */
export async function baseFinding(context: CliContext, base: string | undefined): Promise<Finding> {
  const { DEFAULT_BASE } = await import("../packager/base/default-base.ts");
  const name = absoluteBase(context, base) ?? DEFAULT_BASE;
  const found = await finding("base", async () =>
    name.startsWith("oci:") ? await layoutBase(name) : await registryBase(context, name),
  );
  return found.state === "problem" ? { ...found, state: "warning" } : found;
}

async function layoutBase(name: string): Promise<string> {
  const { openLayout } = await import("../oci/layout.ts");
  const { splitLayoutReference } = await import("../oci/layout-reference.ts");
  const { directory } = await splitLayoutReference(name.slice("oci:".length), ".");
  await openLayout(directory);
  return name;
}

async function registryBase(context: CliContext, name: string): Promise<string> {
  const { openLayout, REF_NAME } = await import("../oci/layout.ts");
  const reference = parseImageRef(name);
  const text = formatImageRef(reference);
  const bases = await openLayout(join(cacheOf(context), "bases")).catch(() => undefined);
  const kept = (await bases?.images()) ?? [];
  const isKept = kept.some((image) => image.annotations?.[REF_NAME]?.startsWith(`${text} `));
  if (reference.digest !== undefined && isKept) {
    return `${text}, kept on this machine`;
  }
  const { createRegistryClient } = await import("../oci/registry/client.ts");
  const client = createRegistryClient(reference, registryOptions(context));
  if ((await client.manifests.head(reference.digest ?? reference.tag ?? "latest")) === undefined) {
    throw new BentoError("BENTO_NOT_FOUND", `the registry has no ${text}`, {
      hint: "name another with docker.base in bentofile.yaml or --base, or make one: bento base build",
    });
  }
  return text;
}

/** What the platform itself says; a check that fails as a whole is a problem like any other. */
export async function platformFindings(
  adapter: Adapter,
  context: DeployContext,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  try {
    for await (const found of adapter.check?.(context) ?? []) {
      findings.push(found);
    }
  } catch (error) {
    context.signal?.throwIfAborted();
    findings.push(problem(adapter.platform, error));
  }
  return findings;
}

async function finding(check: string, look: () => Promise<string>): Promise<Finding> {
  try {
    return { check, state: "fine", summary: await look() };
  } catch (error) {
    return problem(check, error);
  }
}

function problem(check: string, error: unknown): Finding {
  if (!BentoError.isInstance(error)) {
    throw error;
  }
  const { message, hint = "see docs/errors.md" } = error;
  return { check, state: "problem", summary: message.replaceAll("\n", "; "), hint };
}
