/**
 * What Lambda keeps of functions, versions and aliases. A revision id changes with everything that changes.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { AwsFailure, type Members } from "../aws-call.ts";
import { compact } from "../members.ts";

/** `$LATEST` or a published version. */
export interface VersionState {
  readonly version: string;
  /** Settings under the names of the API; neither state nor code. */
  settings: Members;
  /** As it was given. */
  imageUri: string;
  /** `sha256:…` that it stands for. */
  digest: string;
  revisionId: string;
  lastModified: string;
  /** Polls until a creation or an update is through. */
  polls: number;
  state: "Pending" | "Active" | "Failed";
  update: "InProgress" | "Successful" | "Failed";
  reason?: string;
  /** What `$LATEST` was when it was published. */
  publishedFrom?: string;
}

export interface AliasState {
  readonly name: string;
  version: string;
  description: string;
  weights: Readonly<Record<string, number>>;
  revisionId: string;
}

export interface FunctionState {
  readonly name: string;
  readonly arn: string;
  readonly latest: VersionState;
  /** Published, oldest first. */
  readonly versions: VersionState[];
  /** Versions are never counted back. */
  published: number;
  readonly aliases: Map<string, AliasState>;
  readonly tags: Map<string, string>;
  /** Statements by qualifier (empty: the function itself). */
  readonly policies: Map<string, Members[]>;
  /** URL settings by qualifier. */
  readonly urls: Map<string, Members>;
  concurrency?: number;
}

export function newRevision(): string {
  return randomUUID();
}

/** AWS's format: `2026-11-21T09:37:18.000+0000`. */
export function lastModifiedNow(): string {
  return new Date().toISOString().replace("Z", "+0000");
}

/** A version with its settings, as GetFunctionConfiguration answers. */
export function configurationOf(found: FunctionState, version: VersionState): Members {
  const { settings, digest } = version;
  return compact({
    FunctionName: found.name,
    FunctionArn: version.version === "$LATEST" ? found.arn : `${found.arn}:${version.version}`,
    Version: version.version,
    PackageType: "Image",
    CodeSize: 0,
    CodeSha256: digest.replace(/^sha256:/, ""),
    LastModified: version.lastModified,
    RevisionId: version.revisionId,
    State: version.state,
    ...(version.state === "Pending"
      ? { StateReason: "The function is being created.", StateReasonCode: "Creating" }
      : {}),
    LastUpdateStatus: version.update,
    LastUpdateStatusReason: version.reason,
    TracingConfig: { Mode: "PassThrough" },
    ...settings,
  });
}

/** Counts a poll: what is under way is through after some of them, with a revision of its own. */
export function poll(version: VersionState): void {
  if (version.polls === 0) {
    return;
  }
  version.polls -= 1;
  if (version.polls === 0) {
    version.state = "Active";
    version.update = "Successful";
    version.revisionId = newRevision();
  }
}

/** @throws AwsFailure 412 when a call names a revision that is not the newest */
export function checkRevision(
  given: string | undefined,
  { revisionId }: { revisionId: string },
): void {
  if (given !== undefined && given !== revisionId) {
    throw new AwsFailure(
      "PreconditionFailedException",
      "The RevisionId provided does not match the latest RevisionId. Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
      412,
    );
  }
}

/** @throws AwsFailure 409 while an update is under way */
export function checkSettled({ arn, latest }: FunctionState): void {
  if (latest.polls > 0) {
    const what =
      latest.state === "Pending"
        ? "The function is currently in the following state: Pending"
        : `An update is in progress for resource: ${arn}`;
    throw new AwsFailure(
      "ResourceConflictException",
      `The operation cannot be performed at this time. ${what}`,
      409,
      { Type: "User" },
    );
  }
}

export function aliasMembers(found: FunctionState, alias: AliasState): Members {
  return compact({
    AliasArn: `${found.arn}:${alias.name}`,
    Name: alias.name,
    FunctionVersion: alias.version,
    Description: alias.description,
    RevisionId: alias.revisionId,
    RoutingConfig:
      Object.keys(alias.weights).length === 0
        ? undefined
        : { AdditionalVersionWeights: alias.weights },
  });
}
