/**
 * Lambda's actions on functions and published versions.
 *
 * @module
 */
import { AwsFailure, type Members } from "../aws-call.ts";
import { compact, isTrue, membersOf, textOf } from "../members.ts";
import { notFound, versionOf } from "./function-name.ts";
import { settingsAfter } from "./function-settings.ts";
import {
  checkRevision,
  checkSettled,
  configurationOf,
  type FunctionState,
  lastModifiedNow,
  newRevision,
  poll,
  type VersionState,
} from "./function-state.ts";
import type { LambdaContext } from "./lambda-context.ts";
import { pageOf } from "./page.ts";

/** Polls until a creation or an update is through. */
const POLLS = 2;

export type Action = (parameters: Members, context: LambdaContext) => Promise<Members> | Members;

export const functionActions: Readonly<Record<string, Action>> = {
  async CreateFunction(parameters, context) {
    const name = textOf(parameters, "FunctionName") ?? "";
    if (context.functions.has(name)) {
      throw new AwsFailure("ResourceConflictException", `Function already exist: ${name}`, 409);
    }
    if (textOf(parameters, "PackageType") !== "Image") {
      throw new AwsFailure("InvalidParameterValueException", "functions are made from images here");
    }
    const settings = settingsAfter(name, parameters, undefined);
    const code = await context.resolveImage(
      textOf(membersOf(parameters, "Code"), "ImageUri") ?? "",
    );
    const latest: VersionState = {
      version: "$LATEST",
      settings,
      ...code,
      revisionId: newRevision(),
      lastModified: lastModifiedNow(),
      polls: POLLS,
      state: "Pending",
      update: "InProgress",
    };
    const made: FunctionState = {
      name,
      arn: context.arnOf(name),
      latest,
      versions: [],
      published: 0,
      aliases: new Map(),
      tags: new Map(Object.entries(membersOf(parameters, "Tags")).map(([k, v]) => [k, String(v)])),
      policies: new Map(),
      urls: new Map(),
    };
    context.functions.set(name, made);
    return configurationOf(made, latest);
  },
  GetFunction(parameters, context) {
    const { found, version } = namedVersion(parameters, context);
    poll(version);
    const repository = version.imageUri.replace(/[@:][^/]*$/, "");
    return {
      Configuration: configurationOf(found, version),
      Code: {
        RepositoryType: "ECR",
        ImageUri: version.imageUri,
        ResolvedImageUri: `${repository}@${version.digest}`,
      },
      ...(found.tags.size === 0 ? {} : { Tags: Object.fromEntries(found.tags) }),
      ...(found.concurrency === undefined
        ? {}
        : { Concurrency: { ReservedConcurrentExecutions: found.concurrency } }),
    };
  },
  GetFunctionConfiguration(parameters, context) {
    const { found, version } = namedVersion(parameters, context);
    poll(version);
    return configurationOf(found, version);
  },
  ListFunctions(parameters, { functions }) {
    const isAll = textOf(parameters, "FunctionVersion") === "ALL";
    const all = [...functions.values()].flatMap((one) =>
      [one.latest, ...(isAll ? one.versions : [])].map((version) => configurationOf(one, version)),
    );
    return pageOf("Functions", all, parameters);
  },
  async UpdateFunctionCode(parameters, context) {
    const { found } = context.find(parameters);
    checkSettled(found);
    checkRevision(textOf(parameters, "RevisionId"), found.latest);
    const code = await context.resolveImage(textOf(parameters, "ImageUri") ?? "");
    if (!isTrue(parameters, "DryRun")) {
      const { Architectures } = parameters;
      Object.assign(found.latest, code);
      found.latest.settings = compact({
        ...found.latest.settings,
        Architectures: Architectures ?? found.latest.settings["Architectures"],
      });
      startUpdate(found);
    }
    return isTrue(parameters, "Publish") && !isTrue(parameters, "DryRun")
      ? publish(found, {})
      : configurationOf(found, found.latest);
  },
  UpdateFunctionConfiguration(parameters, context) {
    const { found } = context.find(parameters);
    checkSettled(found);
    checkRevision(textOf(parameters, "RevisionId"), found.latest);
    found.latest.settings = settingsAfter(found.name, parameters, found.latest.settings);
    startUpdate(found);
    return configurationOf(found, found.latest);
  },
  PublishVersion(parameters, context) {
    const { found } = context.find(parameters);
    checkSettled(found);
    checkRevision(textOf(parameters, "RevisionId"), found.latest);
    const wanted = textOf(parameters, "CodeSha256");
    const actual = found.latest.digest.replace(/^sha256:/, "");
    if (wanted !== undefined && wanted !== actual) {
      throw new AwsFailure(
        "InvalidParameterValueException",
        `CodeSHA256 (${wanted}) is different from current CodeSHA256 in $LATEST (${actual}). Please try again with the CodeSHA256 in $LATEST.`,
      );
    }
    return publish(found, parameters);
  },
  ListVersionsByFunction(parameters, context) {
    const { found } = context.find(parameters);
    const all = [found.latest, ...found.versions].map((one) => configurationOf(found, one));
    return pageOf("Versions", all, parameters);
  },
  DeleteFunction(parameters, context) {
    const { found, qualifier } = context.find(parameters);
    if (qualifier === undefined) {
      context.functions.delete(found.name);
      context.stopProcesses(found.arn);
      return {};
    }
    deleteVersion(found, qualifier);
    context.stopProcesses(`${found.arn}:${qualifier}`);
    return {};
  },
};

function namedVersion(parameters: Members, context: LambdaContext) {
  const { found, qualifier } = context.find(parameters);
  return { found, version: versionOf(found, qualifier) };
}

function startUpdate({ latest }: FunctionState): void {
  latest.polls = POLLS;
  latest.update = "InProgress";
  latest.revisionId = newRevision();
  latest.lastModified = lastModifiedNow();
}

/** What has not changed since the last version is that version. */
function publish(found: FunctionState, parameters: Members): Members {
  const { latest, versions } = found;
  const last = versions.at(-1);
  if (last !== undefined && isSame(last, latest)) {
    return configurationOf(found, last);
  }
  found.published += 1;
  const description = textOf(parameters, "Description");
  const isManaged = latest.settings["CapacityProviderConfig"] !== undefined;
  const version: VersionState = {
    ...latest,
    version: String(found.published),
    settings: {
      ...latest.settings,
      ...(description === undefined ? {} : { Description: description }),
    },
    revisionId: newRevision(),
    ...(isManaged ? { polls: POLLS, state: "Pending" as const } : { polls: 0 }),
    publishedFrom: fingerprint(latest),
  };
  versions.push(version);
  return configurationOf(found, version);
}

/** The description that a version was given is its own, and no difference. */
function isSame(version: VersionState, latest: VersionState): boolean {
  return version.publishedFrom === fingerprint(latest);
}

function fingerprint({ settings, digest }: VersionState): string {
  return JSON.stringify([digest, Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

function deleteVersion(found: FunctionState, qualifier: string): void {
  const index = found.versions.findIndex(({ version }) => version === qualifier);
  if (index < 0) {
    throw notFound(`${found.arn}:${qualifier}`);
  }
  const names = [...found.aliases.values()]
    .filter(({ version, weights }) => version === qualifier || qualifier in weights)
    .map(({ name }) => name);
  if (names.length > 0) {
    throw new AwsFailure(
      "ResourceConflictException",
      `Unable to delete version because the following aliases reference it: [${names.join(", ")}]`,
      409,
      { Type: "User" },
    );
  }
  found.versions.splice(index, 1);
}
