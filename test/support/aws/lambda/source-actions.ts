/**
 * Lambda's actions on event source mappings and on capacity providers.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { AwsFailure, type Members } from "../aws-call.ts";
import { compact, needText, textOf } from "../members.ts";
import type { Action } from "./function-actions.ts";
import type { LambdaContext } from "./lambda-context.ts";
import { pageOf } from "./page.ts";

export const sourceActions: Readonly<Record<string, Action>> = {
  CreateEventSourceMapping(parameters, context) {
    const { found, qualifier } = context.find(parameters);
    const uuid = randomUUID();
    const { FunctionName: _, ...given } = parameters;
    const mapping = {
      UUID: uuid,
      State: "Enabled",
      BatchSize: 10,
      MaximumBatchingWindowInSeconds: 0,
      ...given,
      FunctionArn: qualifier === undefined ? found.arn : `${found.arn}:${qualifier}`,
      EventSourceMappingArn: `arn:aws:lambda:${context.region}:${context.account}:event-source-mapping:${uuid}`,
      LastModified: Date.now() / 1000,
    };
    context.mappings.set(uuid, mapping);
    return mapping;
  },
  GetEventSourceMapping: (parameters, context) => mappingOf(parameters, context),
  UpdateEventSourceMapping(parameters, context) {
    const { FunctionName: _, ...given } = parameters;
    const mapping = compact({ ...mappingOf(parameters, context), ...given });
    context.mappings.set(needText(parameters, "UUID"), mapping);
    return mapping;
  },
  DeleteEventSourceMapping(parameters, context) {
    const mapping = mappingOf(parameters, context);
    context.mappings.delete(needText(parameters, "UUID"));
    return { ...mapping, State: "Deleting" };
  },
  ListEventSourceMappings(parameters, context) {
    const name = textOf(parameters, "FunctionName");
    const found = name === undefined ? undefined : context.find(parameters).found;
    const all = [...context.mappings.values()].filter(
      ({ FunctionArn }) => found === undefined || String(FunctionArn).startsWith(found.arn),
    );
    return pageOf("EventSourceMappings", all, parameters);
  },
  CreateCapacityProvider(parameters, context) {
    const name = needText(parameters, "CapacityProviderName");
    if (context.capacityProviders.has(name)) {
      throw new AwsFailure("ResourceConflictException", `Capacity provider ${name} exists`, 409);
    }
    const { CapacityProviderName: _, Tags: __, ...given } = parameters;
    const provider = {
      CapacityProviderArn: `arn:aws:lambda:${context.region}:${context.account}:capacity-provider:${name}`,
      State: "Active",
      ...given,
      LastModified: new Date().toISOString(),
    };
    context.capacityProviders.set(name, provider);
    return { CapacityProvider: provider };
  },
  GetCapacityProvider: (parameters, context) => ({
    CapacityProvider: providerOf(parameters, context),
  }),
  UpdateCapacityProvider(parameters, context) {
    const { CapacityProviderName: _, ...given } = parameters;
    const provider = { ...providerOf(parameters, context), ...given };
    context.capacityProviders.set(needText(parameters, "CapacityProviderName"), provider);
    return { CapacityProvider: provider };
  },
  DeleteCapacityProvider(parameters, context) {
    const provider = providerOf(parameters, context);
    context.capacityProviders.delete(needText(parameters, "CapacityProviderName"));
    return { CapacityProvider: { ...provider, State: "Deleting" } };
  },
  ListCapacityProviders: (parameters, context) =>
    pageOf("CapacityProviders", [...context.capacityProviders.values()], parameters),
};

function mappingOf(parameters: Members, { mappings }: LambdaContext): Members {
  const found = mappings.get(needText(parameters, "UUID"));
  if (found === undefined) {
    throw new AwsFailure(
      "ResourceNotFoundException",
      "The resource you requested does not exist.",
      404,
    );
  }
  return found;
}

function providerOf(parameters: Members, { capacityProviders }: LambdaContext): Members {
  const name = needText(parameters, "CapacityProviderName").split(":").at(-1) ?? "";
  const found = capacityProviders.get(name);
  if (found === undefined) {
    throw new AwsFailure("ResourceNotFoundException", `Capacity provider not found: ${name}`, 404);
  }
  return found;
}
