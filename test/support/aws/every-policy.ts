/**
 * Every policy that `bento deployment policy` prints, over the options that change them.
 *
 * @module
 */
import type { AccessPolicies, Adapter, DeployContext } from "../../../adapters/adapter.ts";
import type { PolicyDocument } from "../../../adapters/aws/access/policy-document.ts";
import { awsEcsGpuAdapter } from "../../../adapters/aws-ecs-gpu/adapter.ts";
import { awsLambdaAdapter } from "../../../adapters/aws-lambda/adapter.ts";

export interface NamedPolicy {
  /** E.g. `aws-lambda deploy`, with its options. */
  readonly name: string;
  readonly work: "deploy" | "promote" | "boundary";
  readonly document: PolicyDocument;
}

const role = (name: string) => `arn:aws:iam::123456789012:role/${name}`;

export const GIVEN_ROLES: readonly string[] = ["task", "execution", "function"].map(role);

const NETWORK = {
  vpcId: "vpc-0a1b2c3d",
  subnets: ["subnet-0a1b2c3d", "subnet-0a1b2c3e"],
  availabilityZones: ["eu-west-1a", "eu-west-1b"],
};

const OF_ECS: readonly object[] = [
  {},
  NETWORK,
  { ...NETWORK, maxTasks: 3, requestsPerTask: 60, spot: true },
  { ...NETWORK, capacity: "asg", amiId: "ami-0a1b2c3d", maxTasks: 3 },
  {
    cluster: "shared",
    capacityProvider: "gpus",
    goldenTask: true,
    securityGroups: ["sg-0a1b2c3d"],
    taskRole: role("task"),
    executionRole: role("execution"),
  },
];

const OF_LAMBDA: readonly object[] = [
  {},
  { compute: "managed-instances", queueBatchSize: 10, url: "iam" },
  { role: role("function") },
];

const SECRETS = {
  API_KEY: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:iris/key-AbCdEf:key::",
  TOKEN: "arn:aws:ssm:eu-west-1:123456789012:parameter/iris/token",
};

const PLACE = { account: "123456789012", region: "eu-west-1" };

export async function everyPolicy(): Promise<readonly NamedPolicy[]> {
  const found: NamedPolicy[] = [];
  for (const options of OF_ECS) {
    found.push(...named("aws-ecs-gpu", options, await policiesOf(awsEcsGpuAdapter, options)));
  }
  for (const options of OF_LAMBDA) {
    found.push(...named("aws-lambda", options, await policiesOf(awsLambdaAdapter, options)));
  }
  return found;
}

/** Of the deployment `iris`, with two secrets, in a place that is given, so that nobody is asked. */
export async function policiesOf(
  adapter: Pick<Adapter, "options" | "access">,
  options: object,
): Promise<AccessPolicies> {
  const scope = {
    name: "iris",
    bento: "iris",
    options: adapter.options.parse({ ...PLACE, ...options }),
    secrets: SECRETS,
  };
  const policies = await adapter.access?.(scope, NOWHERE);
  if (policies === undefined) {
    throw new Error("it has no policies");
  }
  return policies;
}

const NOWHERE: DeployContext = {
  environment: "default",
  name: "iris",
  details: undefined,
  options: undefined,
  home: "/nowhere",
  projectDirectory: "/nowhere",
  ambient: {},
  onProgress: () => {},
};

function named(platform: string, options: object, policies: AccessPolicies): NamedPolicy[] {
  const { deploy, promote, boundary } = policies;
  const documents = { deploy, promote, ...(boundary && { boundary: boundary.document }) };
  const given = Object.keys(options).join(" ");
  return Object.entries(documents).map(([work, document]) => ({
    name: `${platform} ${work}${given === "" ? "" : ` (${given})`}`,
    work: work as NamedPolicy["work"],
    document: document as PolicyDocument,
  }));
}
