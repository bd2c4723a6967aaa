/**
 * One resource of a stack is made, changed or removed: its events, its faults, and how its failure is worded.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { AwsFailure, type Members } from "../aws-call.ts";
import type {
  ExistingResource,
  MadeResource,
  ResourceContext,
} from "../resources/resource-provider.ts";
import { addEvent, type Stack, type StackResource, signal } from "./stack-state.ts";
import type { StackWorld } from "./stack-world.ts";
import type { TemplateResource } from "./template.ts";

type Operation = "create" | "update" | "delete";

const VERBS = { create: "CREATE", update: "UPDATE", delete: "DELETE" } as const;

/** Makes a resource, or changes one that is there. */
export async function putResource(
  stack: Stack,
  resource: TemplateResource,
  {
    properties,
    existing,
    world,
  }: { properties: Members; existing?: StackResource; world: StackWorld },
): Promise<StackResource> {
  const operation = existing === undefined ? "create" : "update";
  const provider = providerOf(resource.type, world);
  const { logicalId, type } = resource;
  const made = await step(
    stack,
    { logicalId, type, operation, world, ...(existing === undefined ? {} : { existing }) },
    (context) =>
      existing === undefined
        ? provider.create(properties, context)
        : provider.update(existing, properties, context),
  );
  const put: StackResource = {
    ...made,
    properties,
    logicalId,
    type,
    status: `${VERBS[operation]}_COMPLETE`,
    updatedAt: new Date(),
    retention: resource.retention,
    metadata: resource.metadata,
  };
  stack.resources.set(logicalId, put);
  return put;
}

/** Puts back what a resource was. */
export async function restoreResource(
  stack: Stack,
  { before, now, world }: { before: StackResource; now: StackResource; world: StackWorld },
): Promise<void> {
  const { logicalId, type } = before;
  const provider = providerOf(type, world);
  const made = await step(
    stack,
    { logicalId, type, operation: "update", world, existing: now },
    (context) => provider.update(now, before.properties, context),
  );
  stack.resources.set(logicalId, { ...before, ...made, status: "UPDATE_COMPLETE" });
}

export interface Removal {
  readonly world: StackWorld;
  /** Whether the resource itself stays. */
  readonly isRetained: boolean;
  /** Whether the stack has it no more afterwards. */
  readonly isForgotten: boolean;
}

/** Removes a resource from its stack. */
export async function removeResource(
  stack: Stack,
  existing: StackResource,
  { world, isRetained, isForgotten }: Removal,
): Promise<void> {
  const { logicalId, type, physicalId } = existing;
  if (isRetained) {
    addEvent(stack, { logicalId, type, physicalId, status: "DELETE_SKIPPED", reason: undefined });
  } else {
    const provider = providerOf(type, world);
    await step(
      stack,
      { logicalId, type, operation: "delete", world, existing },
      async (context) => {
        await provider.delete(existing, context);
        return existing;
      },
    );
  }
  if (isForgotten) {
    stack.resources.delete(logicalId);
  }
}

interface Step {
  readonly logicalId: string;
  readonly type: string;
  readonly operation: Operation;
  readonly world: StackWorld;
  readonly existing?: ExistingResource;
}

async function step(
  stack: Stack,
  { logicalId, type, operation, world, existing }: Step,
  perform: (context: ResourceContext) => Promise<MadeResource>,
): Promise<MadeResource> {
  const verb = VERBS[operation];
  const event = (status: string, physicalId: string, reason?: string) =>
    addEvent(stack, { logicalId, type, physicalId, status: `${verb}_${status}`, reason });
  const before = existing?.physicalId ?? "";
  event("IN_PROGRESS", before);
  const context = contextOf(stack, logicalId, world);
  try {
    const held = world.held.get(logicalId) ?? world.held.get(type);
    if (held !== undefined) {
      await context.waiting(held);
    }
    world.faults.forResource({ logicalId, type, operation });
    const made = await perform(context);
    if (operation === "create") {
      event("IN_PROGRESS", made.physicalId, "Resource creation Initiated");
    }
    event("COMPLETE", made.physicalId);
    return made;
  } catch (error) {
    const reason = reasonOf(error, type);
    event("FAILED", before, reason);
    throw new AwsFailure("ResourceFailed", reason);
  }
}

export function providerOf(type: string, { providers }: StackWorld) {
  const provider = providers.get(type);
  if (provider === undefined) {
    throw new Error(`no stand-in of the resource type ${type}`);
  }
  return provider;
}

/** As resource handlers word what a service refused; a fault of the test word by word. */
function reasonOf(error: unknown, type: string): string {
  if (!(error instanceof AwsFailure)) {
    return `Internal Failure: ${error instanceof Error ? error.stack : String(error)}`;
  }
  if (error.code === "GeneralServiceException") {
    return error.message;
  }
  const [, service = ""] = type.split("::");
  const code = /AccessDenied/.test(error.code) ? "AccessDenied" : HANDLER_CODES[error.code];
  return `Resource handler returned message: "${error.message} (Service: ${service}, Status Code: ${error.status}, Request ID: ${ZERO_ID})" (RequestToken: ${ZERO_ID}, HandlerErrorCode: ${code ?? "InvalidRequest"})`;
}

const ZERO_ID = "00000000-0000-0000-0000-000000000000";

const HANDLER_CODES: Readonly<Record<string, string>> = {
  ResourceConflictException: "AlreadyExists",
  RepositoryAlreadyExistsException: "AlreadyExists",
  ResourceAlreadyExistsException: "AlreadyExists",
  EntityAlreadyExists: "AlreadyExists",
  ResourceNotFoundException: "NotFound",
  NotStabilized: "NotStabilized",
};

function contextOf(stack: Stack, logicalId: string, world: StackWorld): ResourceContext {
  const { account, region } = world.dispatcher;
  return {
    ...world.dispatcher.as(stack.principal, "cloudformation.amazonaws.com"),
    account,
    region,
    partition: "aws",
    logicalId,
    stackName: stack.name,
    stackId: stack.id,
    uniqueName(most = 64) {
      const count = stack.events.length;
      const hash = createHash("sha256").update(`${stack.id} ${logicalId} ${count}`).digest("hex");
      const suffix = `-${hash.slice(0, 12).toUpperCase()}`;
      return `${stack.name}-${logicalId}`.slice(0, most - suffix.length) + suffix;
    },
    async waiting(promise) {
      const { run } = stack;
      if (run === undefined) {
        return await promise;
      }
      run.holds += 1;
      signal(run);
      try {
        return await promise;
      } finally {
        run.holds -= 1;
        signal(run);
      }
    },
  };
}
