/**
 * What CloudFormation's handlers need for the calls that they make. Such a call names its resources by ARN, whatever its
 * API calls them, with the tags that it sets and the roles that it hands on.
 *
 * @module
 */
import type { AwsRequest, AwsService } from "../aws-call.ts";
import { membersOf, tagsOf, textsOf } from "../members.ts";
import type { Permission } from "../policy/evaluate.ts";

/** Tags of what was made, by ARN. */
export type Tagged = Map<string, Readonly<Record<string, string>>>;

/** Actions by which a service tags what it makes, and their key of condition. */
const TAGGING: Readonly<Record<string, string>> = {
  "application-autoscaling": "TagResource",
  autoscaling: "CreateOrUpdateTags",
  ec2: "CreateTags",
  ecs: "TagResource",
  elasticloadbalancing: "AddTags",
};

export function handlerPermissions(
  { service, action, parameters }: AwsRequest,
  tagged: Tagged,
): Permission[] {
  const tags = tagsOf(parameters);
  const asked = labelled("RequestTag", tags);
  const own = membersOf(parameters, "Context") as Permission["context"];
  const named = textsOf(parameters, "ResourceArns");
  const permissions = (named.length === 0 ? ["*"] : named).map((resource) => ({
    action: `${service}:${action}`,
    resource,
    context: { ...asked, ...own, ...labelled("ResourceTag", tagged.get(resource) ?? {}) },
  }));
  const tagging = Object.keys(tags).length === 0 ? [] : textsOf(parameters, "MadeArns");
  return [
    ...permissions,
    ...tagging.map((resource) => ({
      action: `${service}:${TAGGING[service] ?? "TagResource"}`,
      resource,
      context: { ...asked, ...own, [`${service}:CreateAction`]: action },
    })),
    ...Object.entries(membersOf(parameters, "PassedRoles")).map(([role, to]) => ({
      action: "iam:PassRole",
      resource: role,
      context: { "iam:PassedToService": String(to) },
    })),
  ];
}

function labelled(key: string, tags: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tags).map(([name, value]) => [`aws:${key}/${name}`, value]),
  );
}

/** Services that nobody but CloudFormation's handlers asks: they only hear whether it may. */
export function handlerServices(tagged: Tagged): AwsService[] {
  return ["application-autoscaling", "autoscaling", "ec2", "elasticloadbalancing"].map((name) => ({
    name,
    requirements: (request) => handlerPermissions(request, tagged),
    handle: async () => ({ members: {} }),
  }));
}
