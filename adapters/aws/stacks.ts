/**
 * Reads a CloudFormation stack as it stands: its state, its labels and the template that it was made from.
 *
 * @module
 */
import type { Stack } from "@aws-sdk/client-cloudformation";
import * as z from "zod";
import { BentoError } from "../../core/bento-error.ts";
import { awsCall, awsFind, isAccessDenied } from "./aws-error.ts";
import type { AwsSession } from "./session.ts";

const ObservedResource = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).optional(),
  DeletionPolicy: z.string().optional(),
});
/** A resource of a template. */
export type ObservedResource = z.infer<typeof ObservedResource>;

const ObservedTemplate = z.object({
  Metadata: z.record(z.string(), z.unknown()).optional(),
  Resources: z.record(z.string(), ObservedResource).optional(),
});
/** What is read of a template; properties may hold references such as `{Ref}`. */
export type ObservedTemplate = z.infer<typeof ObservedTemplate>;

/** A stack without its template. */
export interface StackSummary {
  /** Its ARN: another one after delete and create. */
  readonly id: string;
  readonly name: string;
  /** As CloudFormation says, e.g. `UPDATE_COMPLETE`. */
  readonly status: string;
  /** Why, where CloudFormation says. */
  readonly statusReason: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
  readonly parameters: Readonly<Record<string, string>>;
  /** Whether somebody has forbidden to delete it. */
  readonly isProtected: boolean;
  /** ARN of the change set that was executed last, where one was. */
  readonly changeSetId?: string | undefined;
}

export interface ObservedStack extends StackSummary {
  /** Parsed from JSON or YAML; empty for one that was never created, only reviewed. */
  readonly template: ObservedTemplate;
}

export interface ReadStackOptions {
  /**
   * Undefined in place of an error where the caller may not look.
   *
   * @default false
   */
  readonly isDenialAbsence?: boolean | undefined;
}

/**
 * @returns undefined where there is none, also when it was deleted
 * @throws BentoError BENTO_PLATFORM, BENTO_UNREACHABLE
 */
export async function readStack(
  session: AwsSession,
  name: string,
  { isDenialAbsence = false }: ReadStackOptions = {},
): Promise<ObservedStack | undefined> {
  try {
    const summary = await describeStack(session, name);
    return summary && { ...summary, template: await readTemplate(session, summary) };
  } catch (error) {
    if (isDenialAbsence && isAccessDenied(error)) {
      return undefined;
    }
    throw error;
  }
}

/**
 * @param nameOrId - by its ARN a deleted one is found too
 * @returns undefined where there is none
 */
export async function describeStack(
  session: AwsSession,
  nameOrId: string,
): Promise<StackSummary | undefined> {
  const client = await session.cloudFormation();
  const request = { action: "cloudformation:DescribeStacks", resource: nameOrId };
  const answer = await awsFind(session, request, (call) =>
    client.describeStacks({ StackName: nameOrId }, call),
  );
  const stack = answer?.Stacks?.[0];
  return stack === undefined ? undefined : summaryOf(stack);
}

function summaryOf(stack: Stack): StackSummary {
  return {
    id: stack.StackId ?? "",
    name: stack.StackName ?? "",
    status: stack.StackStatus ?? "",
    statusReason: stack.StackStatusReason,
    tags: record(stack.Tags, ({ Key, Value }) => [Key, Value]),
    outputs: record(stack.Outputs, ({ OutputKey, OutputValue }) => [OutputKey, OutputValue]),
    parameters: record(stack.Parameters, ({ ParameterKey, ParameterValue }) => [
      ParameterKey,
      ParameterValue,
    ]),
    isProtected: stack.EnableTerminationProtection ?? false,
    ...(stack.ChangeSetId === undefined ? {} : { changeSetId: stack.ChangeSetId }),
  };
}

async function readTemplate(
  session: AwsSession,
  { id, status }: StackSummary,
): Promise<ObservedTemplate> {
  if (status === "REVIEW_IN_PROGRESS") {
    return {};
  }
  const client = await session.cloudFormation();
  const request = { action: "cloudformation:GetTemplate", resource: id };
  const { TemplateBody = "{}" } = await awsCall(session, request, (call) =>
    client.getTemplate({ StackName: id, TemplateStage: "Original" }, call),
  );
  // YAML holds JSON; its short forms such as !Ref keep their values
  const { parse } = await import("yaml");
  const template = ObservedTemplate.safeParse(parseQuietly(TemplateBody, parse));
  if (!template.success) {
    throw new BentoError("BENTO_PLATFORM", "the stack's template cannot be read", {
      where: id,
      hint: "look at it with aws cloudformation get-template; bento reads what bento deployed",
      cause: template.error,
    });
  }
  return template.data;
}

function parseQuietly(
  text: string,
  parse: (text: string, options: { logLevel: "silent" }) => unknown,
): unknown {
  try {
    return parse(text, { logLevel: "silent" });
  } catch {
    return undefined;
  }
}

function record<Item>(
  items: readonly Item[] | undefined,
  pair: (item: Item) => readonly [string | undefined, string | undefined],
): Record<string, string> {
  return Object.fromEntries((items ?? []).map(pair).map(([key = "", value = ""]) => [key, value]));
}
