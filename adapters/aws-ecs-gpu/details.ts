/**
 * What a record keeps of a deployment to ECS, so that it is found again and can be gone back to.
 *
 * @module
 */
import * as z from "zod";
import type { Deployment } from "../../core/deployment.ts";
import { EcsAppSpec } from "../../infra/ecs-spec.ts";
import type { DeployContext, Standing } from "../adapter.ts";
import { type AwsSession, openSession } from "../aws/session.ts";
import { type ObservedStack, readStack } from "../aws/stacks.ts";
import { observedStack } from "./observe.ts";
import { AwsEcsGpuOptions } from "./options.ts";
import { AWS_ECS_GPU, serviceStackName } from "./target.ts";

/** Nothing secret is in a spec: secrets stand in it by their ARNs. */
const EcsDetails = z.object({
  account: z.string(),
  region: z.string(),
  stack: z.string(),
  bento: z.string(),
  /** Of the version that stands. */
  taskDefinition: z.string().optional(),
  logGroup: z.string().optional(),
  spec: EcsAppSpec,
});
export type EcsDetails = z.infer<typeof EcsDetails>;

const Json = z.record(z.string(), z.json());

/** @returns undefined for the details of no deployment to ECS, as of one that has not ended */
export function detailsOf(details: Deployment["details"] | undefined): EcsDetails | undefined {
  return EcsDetails.safeParse(details).data;
}

/** As the record last said, or as the environment's options say. */
export async function sessionOf(context: DeployContext): Promise<AwsSession> {
  const known = detailsOf(context.details);
  const options = AwsEcsGpuOptions.safeParse(context.options ?? {}).data;
  return await openSession({
    platform: AWS_ECS_GPU,
    account: known?.account ?? options?.account,
    region: known?.region ?? options?.region,
    context,
  });
}

/** The stack of a deployment, as it stands. */
export async function stackOf(
  session: AwsSession,
  context: DeployContext,
): Promise<ObservedStack | undefined> {
  return await readStack(session, serviceStackName(context.name));
}

/** @returns undefined when the stack is none of ours */
export function standingOf(
  session: Pick<AwsSession, "account" | "region">,
  stack: ObservedStack,
  taskDefinition?: string | undefined,
): Standing | undefined {
  const { spec } = observedStack(stack);
  if (spec === undefined) {
    return undefined;
  }
  const url = stack.outputs["Url"];
  const logGroup = stack.outputs["LogGroupName"];
  const details: EcsDetails = {
    account: session.account,
    region: session.region,
    stack: stack.name,
    bento: spec.bentoName,
    ...(taskDefinition === undefined ? {} : { taskDefinition }),
    ...(logGroup === undefined ? {} : { logGroup }),
    spec,
  };
  return { details: Json.parse(details), ...(url === undefined ? {} : { url }) };
}
