/**
 * The platform `aws-lambda`: plans, and writes out the CDK app that deploys. Nothing here talks to AWS yet.
 *
 * @module
 */
import { createRequire } from "node:module";
import * as z from "zod";
import { BentoError } from "../../core/bento-error.ts";
import type { LambdaAppSpec } from "../../infra/lambda-app.ts";
import { LAMBDA_LIMITS } from "../../infra/lambda-limits.ts";
import type { Adapter, Missing, Peer } from "../adapter.ts";
import { requirePeers } from "../peers.ts";
import { emittedFiles } from "./emit.ts";
import { AwsLambdaOptions } from "./options.ts";
import { planAwsLambda } from "./plan.ts";
import { AWS_LAMBDA, lambdaTarget } from "./target.ts";

const PEERS: readonly Peer[] = [
  { name: "aws-cdk-lib", version: "2.276.0" },
  { name: "constructs", version: "10.8.1" },
];

const EMIT: Missing["instead"] =
  "look at the plan with --plan, write the CDK app with --emit DIR, and deploy that with npx cdk deploy";

export const awsLambdaAdapter: Adapter<typeof AwsLambdaOptions, LambdaAppSpec> = {
  platform: AWS_LAMBDA,
  summary: "a function from the image, scaled to zero; plan and emit, not apply yet",
  options: AwsLambdaOptions,
  capabilities: {
    apply: { missing: "bento cannot deploy to aws-lambda by itself yet", instead: EMIT },
    emit: true,
    multiRequest: {
      missing: "aws-lambda gives one request to an environment",
      instead: "use managed instances or a queue",
    },
    gpu: {
      missing: "aws-lambda has no GPUs",
      instead: "leave resources.gpu out; platforms with GPUs are not there yet",
    },
    scaleToZero: true,
    canary: {
      missing: "bento cannot shift traffic on aws-lambda yet",
      instead: "leave --canary out",
    },
    runs: "image",
    inheritsEnvironment: false,
  },
  peers: PEERS,
  nameLimit: LAMBDA_LIMITS.functionNameCharacters,
  observe: async () => undefined,
  plan: planAwsLambda,
  async emit(desired, { projectDirectory }) {
    const target = lambdaTarget(desired);
    requirePeers(AWS_LAMBDA, PEERS, projectDirectory);
    const { synthesizeLambdaApp } = await importInfra(projectDirectory);
    const templates = await synthesizeLambdaApp(target);
    return emittedFiles({ target, templates, peers: PEERS, bentokitVersion: ownVersion() });
  },
};

/** The peers may be in the user's project while this package is elsewhere, where it cannot see them. */
async function importInfra(projectDirectory: string) {
  try {
    return await import("../../infra/lambda-app.ts");
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && cause.code === "ERR_MODULE_NOT_FOUND")) {
      throw cause;
    }
    throw new BentoError("BENTO_MISSING_PEER", "this bento cannot load the project's aws-cdk-lib", {
      where: projectDirectory,
      hint: `install bentokit in the project beside it: npm i -D bentokit@${ownVersion()}`,
      cause,
    });
  }
}

function ownVersion(): string {
  const manifest = createRequire(import.meta.url)("bentokit/package.json");
  return z.object({ version: z.string() }).parse(manifest).version;
}
