/**
 * How two settings of a function differ: for people in a plan, and for CloudFormation as the changes that the plan
 * announces.
 *
 * @module
 */
import { canonicalJson } from "../../core/canonical-json.ts";
import { hideSecrets } from "../../core/secret-name.ts";
import type { LambdaSettings } from "../../infra/lambda-spec.ts";
import type { ExpectedChange } from "../aws/change-set.ts";

type Values = Readonly<Record<string, unknown>>;

/** Before and after of what differs, with a line for each. */
export interface SettingsChanges {
  readonly before: Values;
  readonly after: Values;
  readonly reasons: readonly string[];
}

/** Settings as a plan shows them: what is absent is left out, values of secrets too. */
export function shownSettings({ environment, ...settings }: LambdaSettings): Values {
  return { ...settings, environment: hideSecrets(environment) };
}

export function settingsChanges(before: LambdaSettings, after: LambdaSettings): SettingsChanges {
  const [old, wanted] = [flat(before), flat(after)];
  const names = [...new Set([...Object.keys(old), ...Object.keys(wanted)])]
    .filter((name) => shown(old[name]) !== shown(wanted[name]))
    .sort();
  return {
    before: pick(old, names),
    after: pick(wanted, names),
    reasons: names.map((name) => `${name} ${shown(old[name])} → ${shown(wanted[name])}`),
  };
}

/** Replacements and removals in the stack that the settings bring with them. */
export function expectedChanges(
  before: LambdaSettings | undefined,
  after: LambdaSettings,
): ExpectedChange[] {
  if (before === undefined) {
    return [];
  }
  const changes: ExpectedChange[] = [];
  if (before.functionName !== after.functionName) {
    changes.push(...NAMED_AFTER_FUNCTION.map(replaced));
  }
  if (before.queue !== undefined && after.queue === undefined) {
    changes.push(...["AWS::SQS::Queue", "AWS::SQS::QueuePolicy", MAPPING].map(removed));
  }
  if (before.url !== after.url) {
    changes.push(...["AWS::Lambda::Url", "AWS::Lambda::Permission"].map(removed));
  }
  if (before.roleArn === undefined && after.roleArn !== undefined) {
    changes.push(...["AWS::IAM::Role", "AWS::IAM::Policy"].map(removed));
  }
  if (before.roleArn !== after.roleArn) {
    changes.push(removed("AWS::IAM::Policy"));
  }
  return [...changes, ...providerChanges(before.compute, after.compute)];
}

/** Lines for what users of the service may notice, and the greatest risk. */
export function settingsRisk(
  before: LambdaSettings,
  after: LambdaSettings,
): { readonly risk: "none" | "interrupts" | "destroys"; readonly reasons: readonly string[] } {
  const reasons: string[] = [];
  if (before.queue !== undefined && after.queue === undefined) {
    reasons.push("the queue is deleted, and the messages in it");
  }
  const isUrlLost = before.url !== "none" && after.url === "none";
  if (isUrlLost) {
    reasons.push("the function URL is deleted; another one would be a new address");
  }
  if (before.url === "public" && after.url === "iam") {
    reasons.push("callers of the URL without AWS credentials are refused from now on");
  }
  const [first] = reasons;
  return {
    risk: first === undefined ? "none" : first.includes("messages") ? "destroys" : "interrupts",
    reasons,
  };
}

const MAPPING = "AWS::Lambda::EventSourceMapping";

const NAMED_AFTER_FUNCTION = [
  "AWS::Lambda::Function",
  "AWS::Lambda::Version",
  "AWS::Lambda::Alias",
  "AWS::Lambda::Permission",
  "AWS::Lambda::Url",
  MAPPING,
];

function replaced(resourceType: string): ExpectedChange {
  return { resourceType, action: "Modify", isReplacement: true };
}

function removed(resourceType: string): ExpectedChange {
  return { resourceType, action: "Remove" };
}

function providerChanges(
  before: LambdaSettings["compute"],
  after: LambdaSettings["compute"],
): ExpectedChange[] {
  const type = "AWS::Lambda::CapacityProvider";
  if (before.kind === "standard" || after.kind === "standard") {
    return [];
  }
  return before.capacityProviderArn === undefined && after.capacityProviderArn !== undefined
    ? [removed(type), removed("AWS::IAM::Role")]
    : [replaced(type)];
}

/** One level: `compute.maxConcurrency`, `environment.LEVEL`. */
function flat(settings: LambdaSettings): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(shownSettings(settings)).flatMap(([name, value]) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.entries(value).map(([key, item]) => [`${name}.${key}`, item])
        : [[name, value]],
    ),
  );
}

function shown(value: unknown): string {
  return value === undefined ? "(none)" : canonicalJson(value).replace(/^"(.*)"$/, "$1");
}

function pick(values: Values, names: readonly string[]): Values {
  return Object.fromEntries(
    names.filter((name) => values[name] !== undefined).map((name) => [name, values[name]]),
  );
}
