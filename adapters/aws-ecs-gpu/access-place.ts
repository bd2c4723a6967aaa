/**
 * The names that resources of a deployment to ECS have or begin with, as policies write them.
 *
 * @module
 */
import type { AccessScope } from "../adapter.ts";
import { type AccessPlace, OF_STACK } from "../aws/access/access-place.ts";
import { boundaryOf } from "../aws/access/boundary.ts";
import type { SecretReferences } from "../aws/access/secret-statements.ts";
import type { WhosePlace } from "../aws/access/whose-place.ts";
import { formatArn, urlSuffix } from "../aws/arn.ts";
import type { AwsEcsGpuOptions } from "./options.ts";
import { registryStackName, repositoryName, serviceStackName } from "./target.ts";

export interface EcsAccess extends AccessPlace {
  /** Of the bento: the value of the tag that its resources are made with. */
  readonly bento: string;
  readonly serviceName: string;
  readonly boundaryArn: string;
  readonly secrets: SecretReferences;
  readonly options: AwsEcsGpuOptions;
}

export function accessOf(
  { name, bento, options, secrets = {} }: AccessScope<AwsEcsGpuOptions>,
  place: WhosePlace,
): EcsAccess {
  const { partition, account, region } = place;
  return {
    ...{ partition, account, region, options, bento, secrets },
    serviceStack: serviceStackName(name),
    registryStack: registryStackName(bento),
    repository: repositoryName(bento, options),
    boundaryArn: boundaryOf(place, name, options).arn,
    serviceName: options.serviceName ?? name,
  };
}

/** Of ECS. */
export function ecsArns(access: EcsAccess, ...resources: readonly string[]): string[] {
  return resources.map((resource) => formatArn(access, "ecs", resource));
}

/** Name of the cluster, or what the stack's own begins with. */
export function clusterName({ options, serviceStack }: EcsAccess): string {
  return options.cluster ?? `${serviceStack}-${OF_STACK}*`;
}

/** Who runs the instances of the stack; undefined where capacity is given and it has none. */
export function ownCapacity({ options }: EcsAccess): AwsEcsGpuOptions["capacity"] | undefined {
  return options.capacityProvider === undefined ? options.capacity : undefined;
}

/** The service, with its deployments and the revisions that they are about. */
export function serviceArns(access: EcsAccess): string[] {
  const name = `${clusterName(access)}/${access.serviceName}`;
  return ecsArns(
    access,
    `service/${name}`,
    `service-deployment/${name}/*`,
    `service-revision/${name}/*`,
  );
}

/** Every revision of the task definition: its family is the path of the construct, without what is no letter or digit. */
export function taskDefinitionArns(access: EcsAccess): string[] {
  const stack = access.serviceStack.replaceAll(/[^A-Za-z0-9]/g, "");
  return ecsArns(access, `task-definition/${stack}${OF_STACK}Task*:*`);
}

/** CloudFormation keeps this much of a stack's name in those of load balancers and target groups: all begin alike. */
const FRONT_CHARACTERS = 5;

/** What is before the tasks. Their names tell less than their tags. */
export function frontArns(access: EcsAccess): string[] {
  const start = access.serviceStack.slice(0, FRONT_CHARACTERS);
  return ["listener/app", "listener-rule/app", "loadbalancer/app", "targetgroup"].map((kind) =>
    formatArn(access, "elasticloadbalancing", `${kind}/${start}*`),
  );
}

/** Of EC2, e.g. `subnet/subnet-0a1b2c3d`. */
export function ec2Arns(access: EcsAccess, ...resources: readonly string[]): string[] {
  return resources.map((resource) => formatArn(access, "ec2", resource));
}

/** EC2 as it takes roles on. */
export function ec2Service(access: EcsAccess): string {
  return `ec2.${urlSuffix(access)}`;
}
