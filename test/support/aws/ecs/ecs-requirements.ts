/**
 * What calls of ECS need, by AWS's service authorization reference (read 2026-11-21).
 *
 * @module
 */
import type { AwsService, Members } from "../aws-call.ts";
import { textOf, textsOf } from "../members.ts";
import type { Permission } from "../policy/evaluate.ts";
import { handlerPermissions, type Tagged } from "./handler-requirements.ts";

type Requirements = NonNullable<AwsService["requirements"]>;

/** Actions that AWS takes for nothing narrower than all. */
const OF_ALL = new Set([
  "DeregisterTaskDefinition",
  "DescribeTaskDefinition",
  "ListTaskDefinitions",
  "ListTasks",
]);

/** @param tagged - what CloudFormation made */
export function ecsRequirements(tagged: Tagged): Requirements {
  return (request, { account, region }) => {
    const { action, parameters, calledVia } = request;
    if (calledVia === "cloudformation.amazonaws.com") {
      return handlerPermissions(request, tagged);
    }
    const prefix = `arn:aws:ecs:${region}:${account}:`;
    const cluster = nameOf(textOf(parameters, "cluster") ?? "default");
    const resources = OF_ALL.has(action) ? ["*"] : namedBy(parameters, { prefix, cluster });
    const context = { "ecs:cluster": `${prefix}cluster/${cluster}` };
    return resources.map(
      (resource): Permission => ({ action: `ecs:${action}`, resource, context }),
    );
  };
}

/** Members that name what a call is about, the narrowest first. */
function namedBy(
  parameters: Members,
  { prefix, cluster }: { prefix: string; cluster: string },
): readonly string[] {
  const whole = (text: string, kind: string) =>
    text.startsWith("arn:") ? text : `${prefix}${kind}/${text}`;
  const deployment = textOf(parameters, "serviceDeploymentArn");
  const service = textOf(parameters, "service");
  const task = textOf(parameters, "task");
  const definition = textOf(parameters, "taskDefinition");
  if (service !== undefined) {
    return [whole(service, `service/${cluster}`)];
  }
  if (task !== undefined || deployment !== undefined) {
    return [task ?? deployment ?? ""];
  }
  if (definition !== undefined) {
    return [whole(definition, "task-definition")];
  }
  const listed = [
    ...textsOf(parameters, "serviceDeploymentArns"),
    ...textsOf(parameters, "serviceRevisionArns"),
    ...textsOf(parameters, "services").map((name) => whole(name, `service/${cluster}`)),
    ...textsOf(parameters, "tasks").map((name) => whole(name, `task/${cluster}`)),
    ...textsOf(parameters, "clusters").map((name) => whole(name, "cluster")),
  ];
  return listed.length > 0 ? listed : ["*"];
}

function nameOf(text: string): string {
  return text.slice(text.lastIndexOf("/") + 1);
}
