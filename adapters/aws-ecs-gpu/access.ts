/**
 * What somebody has to be allowed who deploys to ECS, and who only brings new versions. ECS keeps its versions in
 * CloudFormation: so `promote` has change sets on the one stack of the service, but with its rights CloudFormation can
 * change nothing there than the task definition and the service, and hands on no role than those that the stack has.
 *
 * @module
 */
import type { AccessPolicies, AccessScope, DeployContext } from "../adapter.ts";
import { roleArns } from "../aws/access/access-place.ts";
import {
  allow,
  type PolicyDocument,
  type PolicyStatement,
  policyDocument,
} from "../aws/access/policy-document.ts";
import { inParts } from "../aws/access/policy-parts.ts";
import {
  logGroupStatements,
  passRole,
  pushStatements,
  readLogs,
  repositoryStatement,
  roleStatements,
  stackStatements,
} from "../aws/access/shared-statements.ts";
import { whosePlace } from "../aws/access/whose-place.ts";
import { formatArn } from "../aws/arn.ts";
import { accessOf, type EcsAccess, ec2Service } from "./access-place.ts";
import { ecsBoundary } from "./boundary.ts";
import {
  capacityStatements,
  isScaled,
  linkedRoles,
  managedPolicies,
  scalingStatements,
} from "./capacity-statements.ts";
import type { AwsEcsGpuOptions } from "./options.ts";
import {
  alarmStatement,
  frontStatements,
  groupStatements,
  lookStatements,
  serviceStatements,
  versionStatements,
} from "./service-statements.ts";
import { AWS_ECS_GPU } from "./target.ts";

const TASKS = "ecs-tasks.amazonaws.com";
const ECS = "ecs.amazonaws.com";

export async function ecsAccess(
  scope: AccessScope<AwsEcsGpuOptions>,
  context: DeployContext,
): Promise<AccessPolicies> {
  const access = accessOf(scope, await whosePlace(AWS_ECS_GPU, scope.options, context));
  return inParts({
    deploy: ecsDeployPolicy(access),
    promote: ecsPromotePolicy(access),
    boundary: { name: access.boundaryArn, document: ecsBoundary(access) },
  });
}

/** All that `bento deploy`, `destroy` and the other verbs do. */
export function ecsDeployPolicy(access: EcsAccess): PolicyDocument {
  return policyDocument(
    ...stackStatements(access),
    cancelStatement(access),
    ...pushStatements(access),
    repositoryStatement(access),
    ...versionStatements(access),
    ...serviceStatements(access),
    ...frontStatements(access),
    ...groupStatements(access),
    alarmStatement(access),
    ...(isScaled(access) ? scalingStatements(access) : []),
    ...roleStatements(access, {
      passedTo: [TASKS, ECS, ec2Service(access)],
      managedPolicies: managedPolicies(access),
    }),
    ...passGivenRoles(access),
    linkedRoles(access),
    ...capacityStatements(access),
    ...logGroupStatements(access),
    readLogs(access),
  );
}

/** A new version by a change set of the service's own stack: its roles, network and load balancer stay as they are. */
export function ecsPromotePolicy(access: EcsAccess): PolicyDocument {
  return policyDocument(
    allow("ChangeVersion", "cloudformation", {
      actions: [
        "CancelUpdateStack",
        "CreateChangeSet",
        "DeleteChangeSet",
        "DescribeChangeSet",
        "DescribeStackEvents",
        "DescribeStackResources",
        "DescribeStacks",
        "ExecuteChangeSet",
        "GetTemplate",
      ],
      on: serviceStackArns(access),
    }),
    ...pushStatements(access),
    ...versionStatements(access),
    ...lookStatements(access),
    // looked at by CloudFormation, which reads their ARNs
    allow("SeeRoles", "iam", {
      actions: ["GetRole", "GetRolePolicy", "ListAttachedRolePolicies", "ListRolePolicies"],
      on: roleArns(access),
    }),
    passRole(
      "PassTaskRoles",
      [...new Set(["TaskRole", "ExecutionRole"].flatMap((id) => roleArns(access, id)))],
      [TASKS],
    ),
    // named by the service whenever it is told of a version
    passRole("PassShiftRole", roleArns(access, "ShiftRole"), [ECS]),
    ...passGivenRoles(access),
    readLogs(access),
  );
}

/** ECS's deployments may wait long: who deploys takes them back. */
function cancelStatement(access: EcsAccess): PolicyStatement {
  return allow("CancelUpdates", "cloudformation", {
    actions: ["CancelUpdateStack"],
    on: serviceStackArns(access),
  });
}

function serviceStackArns(access: EcsAccess): string[] {
  return [formatArn(access, "cloudformation", `stack/${access.serviceStack}/*`)];
}

function passGivenRoles({ options: { taskRole, executionRole } }: EcsAccess): PolicyStatement[] {
  const given = [taskRole, executionRole].filter((arn) => arn !== undefined);
  return given.length === 0 ? [] : [passRole("PassGivenRoles", [...new Set(given)], [TASKS])];
}
