/**
 * The packages of AWS that the two AWS platforms load, each when it is first needed: from the user's project, else from
 * beside us.
 *
 * @module
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { BentoError } from "../../core/bento-error.ts";
import type { Peer } from "../adapter.ts";
import { installLine } from "../peers.ts";

/** Versions that are known to work, by package. */
export const AWS_PEERS = {
  "@aws-sdk/client-cloudformation": "3.1169.0",
  "@aws-sdk/client-cloudwatch-logs": "3.1169.0",
  "@aws-sdk/client-ecr": "3.1169.0",
  "@aws-sdk/client-ecs": "3.1162.0",
  "@aws-sdk/client-iam": "3.1169.0",
  "@aws-sdk/client-lambda": "3.1162.0",
  "@aws-sdk/client-sts": "3.1169.0",
  "@aws-cdk/toolkit-lib": "1.40.1",
  "aws-cdk-lib": "2.276.0",
  constructs: "10.8.1",
} as const;

export type AwsPeerName = keyof typeof AWS_PEERS;

/** As an adapter declares them. */
export function awsPeers(...names: readonly AwsPeerName[]): readonly Peer[] {
  return names.map((name) => ({ name, version: AWS_PEERS[name] }));
}

/**
 * Loads one of them.
 *
 * @param needs - what of ours needs it, for the message
 * @throws BentoError BENTO_MISSING_PEER with the line that installs it
 */
export async function importAws(
  name: AwsPeerName,
  { projectDirectory, needs }: { readonly projectDirectory: string; readonly needs: string },
): Promise<unknown> {
  for (const from of [join(projectDirectory, "package.json"), import.meta.url]) {
    const file = resolved(name, from);
    if (file !== undefined) {
      return await import(pathToFileURL(file).href);
    }
  }
  throw new BentoError("BENTO_MISSING_PEER", `${needs} needs ${name}, not installed here`, {
    where: projectDirectory,
    hint: installLine(awsPeers(name)),
  });
}

function resolved(name: string, from: string): string | undefined {
  try {
    return createRequire(from).resolve(name);
  } catch {
    return undefined;
  }
}
