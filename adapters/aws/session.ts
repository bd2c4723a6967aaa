/**
 * Who asks AWS, and where: credentials and region by the SDK's own chain, the account as AWS itself says. Clients are
 * loaded when first asked for; each repeats what may pass, and gives up on an answer that never comes.
 *
 * @module
 */
import type { CloudFormation } from "@aws-sdk/client-cloudformation";
import type { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import type { ECR } from "@aws-sdk/client-ecr";
import type { ECS } from "@aws-sdk/client-ecs";
import type { IAM } from "@aws-sdk/client-iam";
import type { Lambda } from "@aws-sdk/client-lambda";
import type { STS } from "@aws-sdk/client-sts";
import { BentoError } from "../../core/bento-error.ts";
import type { DeployContext } from "../adapter.ts";
import { parseArn } from "./arn.ts";
import { awsCall } from "./aws-error.ts";
import { type AwsPeerName, importAws } from "./aws-peers.ts";

/** What the client classes of the SDK are made with here. */
export interface AwsClientOptions {
  readonly region: string;
  readonly credentials: STS["config"]["credentials"];
  readonly maxAttempts?: number;
  readonly retryMode: "standard";
  readonly requestHandler: object;
}

/** An identity at AWS, and the clients that act for it; each call of theirs goes through `awsCall`. */
export interface AwsSession {
  /** As typed after `--platform`; for hints. */
  readonly platform: string;
  /** Name of the deployment, for hints; undefined where there is none. */
  readonly deployment: string | undefined;
  /** 12 digits. */
  readonly account: string;
  /** `aws`, `aws-cn`, `aws-us-gov`, … */
  readonly partition: string;
  readonly region: string;
  readonly callerArn: string;
  /** Where the user's own packages are looked for. Absolute. */
  readonly projectDirectory: string;
  /** The caller's environment variables; a proxy may be among them. */
  readonly ambient: DeployContext["ambient"];
  readonly signal: AbortSignal | undefined;
  /** For libraries that make clients of their own. */
  readonly credentials: STS["config"]["credentials"];
  cloudFormation(): Promise<CloudFormation>;
  ecr(): Promise<ECR>;
  ecs(): Promise<ECS>;
  iam(): Promise<IAM>;
  lambda(): Promise<Lambda>;
  logs(): Promise<CloudWatchLogs>;
  sts(): Promise<STS>;
}

export interface OpenSessionOptions {
  /** As typed after `--platform`. */
  readonly platform: string;
  /** The account that is meant, 12 digits. @default the one that the credentials are of */
  readonly account?: string | undefined;
  /** @default what AWS_REGION or the profile says */
  readonly region?: string | undefined;
  /** The caller's context; its name, where it has one, stands in hints. */
  readonly context: Pick<DeployContext, "ambient" | "signal" | "projectDirectory"> & {
    readonly name?: string | undefined;
  };
}

const CONNECTION_MS = 5_000;
/** Longest silence of a call; who waits longer on purpose says so in the call's own `requestTimeout`. */
const ANSWER_MS = 60_000;
const ATTEMPTS = 5;

/**
 * Finds out who asks, with one call (GetCallerIdentity).
 *
 * @throws BentoError BENTO_INVALID_CONFIG without a region, or where the credentials are of another account;
 * BENTO_UNREACHABLE without credentials or where AWS refuses them; BENTO_MISSING_PEER
 */
export async function openSession(options: OpenSessionOptions): Promise<AwsSession> {
  const { platform, context } = options;
  const { STS } = await load<typeof import("@aws-sdk/client-sts")>("@aws-sdk/client-sts", options);
  const first = new STS({
    ...behaviour(context.ambient),
    ...(options.region === undefined ? {} : { region: options.region }),
  });
  const region = await regionOf(first);
  const caller = { platform, deployment: context.name, region, signal: context.signal };
  const identity = await awsCall(caller, { action: "sts:GetCallerIdentity" }, (call) =>
    first.getCallerIdentity({}, call),
  );
  const callerArn = identity.Arn ?? "";
  const account = identity.Account ?? "";
  checkAccount(options, { account, callerArn });
  const { credentials } = first.config;
  const clientOptions = { ...behaviour(context.ambient), region, credentials };
  return {
    ...caller,
    account,
    callerArn,
    partition: parseArn(callerArn)?.partition ?? "aws",
    projectDirectory: context.projectDirectory,
    ambient: context.ambient,
    credentials,
    ...clientsOf(options, clientOptions),
    sts: async () => first,
  };
}

type Clients = Pick<AwsSession, "cloudFormation" | "ecr" | "ecs" | "iam" | "lambda" | "logs">;

function clientsOf(options: OpenSessionOptions, config: AwsClientOptions): Clients {
  return {
    cloudFormation: once(async () => {
      type Library = typeof import("@aws-sdk/client-cloudformation");
      const library = await load<Library>("@aws-sdk/client-cloudformation", options);
      return new library.CloudFormation(config);
    }),
    ecr: once(async () => {
      const library = await load<typeof import("@aws-sdk/client-ecr")>(
        "@aws-sdk/client-ecr",
        options,
      );
      return new library.ECR(config);
    }),
    ecs: once(async () => {
      const library = await load<typeof import("@aws-sdk/client-ecs")>(
        "@aws-sdk/client-ecs",
        options,
      );
      return new library.ECS(config);
    }),
    iam: once(async () => {
      const library = await load<typeof import("@aws-sdk/client-iam")>(
        "@aws-sdk/client-iam",
        options,
      );
      return new library.IAM(config);
    }),
    lambda: once(async () => {
      const library = await load<typeof import("@aws-sdk/client-lambda")>(
        "@aws-sdk/client-lambda",
        options,
      );
      return new library.Lambda(config);
    }),
    logs: once(async () => {
      type Library = typeof import("@aws-sdk/client-cloudwatch-logs");
      const library = await load<Library>("@aws-sdk/client-cloudwatch-logs", options);
      return new library.CloudWatchLogs(config);
    }),
  };
}

/** AWS_MAX_ATTEMPTS of the caller counts where it is set: the SDK reads it itself. */
function behaviour(ambient: DeployContext["ambient"]) {
  const attempts = ambient["AWS_MAX_ATTEMPTS"] === undefined ? { maxAttempts: ATTEMPTS } : {};
  return {
    ...attempts,
    retryMode: "standard" as const,
    requestHandler: {
      connectionTimeout: CONNECTION_MS,
      requestTimeout: ANSWER_MS,
      throwOnRequestTimeout: true,
    },
  };
}

async function regionOf(client: STS): Promise<string> {
  try {
    return await client.config.region();
  } catch (cause) {
    // the SDK says so of none, and refuses what cannot be part of a host's name
    const words = cause instanceof Error ? cause.message : "";
    const isNone = words === "" || /^region is missing$/i.test(words);
    throw new BentoError("BENTO_INVALID_CONFIG", isNone ? "no AWS region is set" : words, {
      where: "region",
      hint: "name it with --region REGION, as region in bentofile.yaml's environment, or as AWS_REGION",
      cause,
    });
  }
}

function checkAccount(
  { account: wanted }: OpenSessionOptions,
  { account, callerArn }: { readonly account: string; readonly callerArn: string },
): void {
  if (!/^\d{12}$/.test(account)) {
    throw new BentoError("BENTO_UNREACHABLE", `AWS names no account: ${JSON.stringify(account)}`, {
      where: "sts:GetCallerIdentity",
      hint: "look whether AWS_ENDPOINT_URL leads to AWS",
    });
  }
  if (wanted !== undefined && wanted !== account) {
    throw new BentoError(
      "BENTO_INVALID_CONFIG",
      `the credentials are of account ${account}, not of ${wanted}`,
      {
        where: callerArn,
        hint: `choose the profile of account ${wanted} with AWS_PROFILE=NAME, or mend account in bentofile.yaml`,
      },
    );
  }
}

async function load<Library>(name: AwsPeerName, options: OpenSessionOptions): Promise<Library> {
  const { projectDirectory } = options.context;
  // The package is the one of that name; its own types say what it holds.
  return (await importAws(name, { projectDirectory, needs: options.platform })) as Library;
}

function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
