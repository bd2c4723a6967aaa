/**
 * AWS::Lambda::Function, from an image.
 *
 * @module
 */
import { AwsFailure, type Members } from "../aws-call.ts";
import { compact, membersOf, needText, tagsOf, textOf } from "../members.ts";
import { ignoreMissing } from "./ignore-missing.ts";
import type { MadeResource, ResourceContext, ResourceProvider } from "./resource-provider.ts";

/** Enough for any state to be reached. */
const MOST_POLLS = 20;

export const lambdaFunction: ResourceProvider = {
  type: "AWS::Lambda::Function",
  replacedBy: ["FunctionName", "PackageType"],
  isTagged: true,
  async create(properties, context) {
    const name = textOf(properties, "FunctionName") ?? context.uniqueName();
    await context.call("lambda", "CreateFunction", {
      ...settingsOf(properties),
      FunctionName: name,
      Code: properties["Code"],
      PackageType: properties["PackageType"] ?? "Zip",
      Architectures: properties["Architectures"],
      Tags: { ...tagsOf(properties), ...ownTags(context) },
    });
    const made = await settled(name, context);
    await putConcurrency(name, properties, context);
    return made;
  },
  async update({ physicalId, properties: before }, properties, context) {
    const name = physicalId;
    if (!isSame(before, properties, ["Code", "Architectures"])) {
      await context.call("lambda", "UpdateFunctionCode", {
        FunctionName: name,
        ImageUri: membersOf(properties, "Code")["ImageUri"],
        Architectures: properties["Architectures"],
      });
      await settled(name, context);
    }
    if (!isSame(before, properties, SETTINGS)) {
      await context.call("lambda", "UpdateFunctionConfiguration", {
        ...cleared(before, properties),
        ...settingsOf(properties),
        FunctionName: name,
      });
    }
    const made = await settled(name, context);
    await putConcurrency(name, properties, context, before);
    await putTags(String(made.attributes["Arn"]), before, properties, context);
    return made;
  },
  async delete({ physicalId }, context) {
    await ignoreMissing(context.call("lambda", "DeleteFunction", { FunctionName: physicalId }));
  },
};

const SETTINGS = [
  "Role",
  "Description",
  "Timeout",
  "MemorySize",
  "Environment",
  "EphemeralStorage",
  "ImageConfig",
  "LoggingConfig",
  "SnapStart",
  "VpcConfig",
  "TracingConfig",
  "CapacityProviderConfig",
  "DeadLetterConfig",
];

/** What a setting becomes when a template names it no more. */
const CLEARED: Members = {
  Description: "",
  Timeout: 3,
  MemorySize: 128,
  Environment: { Variables: {} },
  EphemeralStorage: { Size: 512 },
  ImageConfig: {},
};

function settingsOf(properties: Members): Members {
  return compact({
    ...Object.fromEntries(SETTINGS.map((name) => [name, properties[name]])),
    Timeout: numeric(properties["Timeout"]),
    MemorySize: numeric(properties["MemorySize"]),
  });
}

function cleared(before: Members, properties: Members): Members {
  const names = Object.keys(CLEARED).filter((name) => name in before && !(name in properties));
  return Object.fromEntries(names.map((name) => [name, CLEARED[name]]));
}

function numeric(value: unknown): number | undefined {
  return value === undefined ? undefined : Number(value);
}

/** Waits for creation or update, as CloudFormation does. */
async function settled(name: string, { call }: ResourceContext): Promise<MadeResource> {
  for (let polls = 0; polls < MOST_POLLS; polls += 1) {
    const answer = await call("lambda", "GetFunction", { FunctionName: name });
    const found = membersOf(answer, "Configuration");
    if (found["State"] === "Failed") {
      throw new AwsFailure("NotStabilized", String(found["StateReason"]));
    }
    if (found["State"] === "Active" && found["LastUpdateStatus"] === "Successful") {
      return {
        physicalId: name,
        attributes: { Arn: found["FunctionArn"] },
      };
    }
  }
  throw new AwsFailure("NotStabilized", `function ${name} did not become active`);
}

async function putConcurrency(
  name: string,
  properties: Members,
  { call }: ResourceContext,
  before: Members = {},
): Promise<void> {
  const wanted = properties["ReservedConcurrentExecutions"];
  if (wanted !== undefined && wanted !== before["ReservedConcurrentExecutions"]) {
    await call("lambda", "PutFunctionConcurrency", {
      FunctionName: name,
      ReservedConcurrentExecutions: Number(wanted),
    });
  } else if (wanted === undefined && before["ReservedConcurrentExecutions"] !== undefined) {
    await call("lambda", "DeleteFunctionConcurrency", { FunctionName: name });
  }
}

async function putTags(
  arn: string,
  before: Members,
  properties: Members,
  context: ResourceContext,
): Promise<void> {
  const [old, tags] = [tagsOf(before), tagsOf(properties)];
  const gone = Object.keys(old).filter((key) => !(key in tags));
  if (gone.length > 0) {
    await context.call("lambda", "UntagResource", { Resource: arn, tagKeys: gone });
  }
  if (Object.entries(tags).some(([key, value]) => old[key] !== value)) {
    await context.call("lambda", "TagResource", { Resource: arn, Tags: tags });
  }
}

function ownTags({ stackName, stackId, logicalId }: ResourceContext): Record<string, string> {
  return {
    "aws:cloudformation:stack-name": stackName,
    "aws:cloudformation:stack-id": stackId,
    "aws:cloudformation:logical-id": logicalId,
  };
}

function isSame(before: Members, after: Members, names: readonly string[]): boolean {
  return names.every((name) => JSON.stringify(before[name]) === JSON.stringify(after[name]));
}

/** Function names are needed by versions, aliases and permissions. */
export function functionNameOf(properties: Members): string {
  return needText(properties, "FunctionName");
}
