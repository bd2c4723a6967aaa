/**
 * Lambda's API in memory, for functions from images: versions, aliases and revisions as AWS has them.
 *
 * @module
 */
import {
  AwsFailure,
  type AwsReply,
  type AwsRequest,
  type AwsService,
  type Members,
} from "../aws-call.ts";
import { aliasActions } from "./alias-actions.ts";
import { type Action, functionActions } from "./function-actions.ts";
import { notFound, parseFunctionName } from "./function-name.ts";
import type { FunctionState } from "./function-state.ts";
import { type Invoker, invoke } from "./invoke.ts";
import type { LambdaContext, ResolvedImage } from "./lambda-context.ts";
import { settingActions } from "./setting-actions.ts";
import { sourceActions } from "./source-actions.ts";

export interface LambdaOptions {
  readonly account: string;
  /** @throws AwsFailure when Lambda could not pull the image on behalf of who asks */
  resolveImage(imageUri: string, request: AwsRequest): Promise<ResolvedImage>;
  readonly invoker: Invoker;
}

const ACTIONS: Readonly<Record<string, Action>> = {
  ...functionActions,
  ...aliasActions,
  ...settingActions,
  ...sourceActions,
};

/** How REST answers success, where it is not 200. */
const STATUS: Readonly<Record<string, number>> = {
  CreateFunction: 201,
  PublishVersion: 201,
  CreateAlias: 201,
  AddPermission: 201,
  CreateFunctionUrlConfig: 201,
  CreateEventSourceMapping: 202,
  UpdateEventSourceMapping: 202,
  DeleteEventSourceMapping: 202,
  DeleteFunction: 204,
  DeleteAlias: 204,
  RemovePermission: 204,
  TagResource: 204,
  UntagResource: 204,
  DeleteFunctionConcurrency: 204,
  DeleteFunctionUrlConfig: 204,
};

export function lambdaService(options: LambdaOptions): AwsService {
  const regions = new Map<string, Omit<LambdaContext, "resolveImage">>();
  return {
    name: "lambda",
    async handle(request: AwsRequest): Promise<AwsReply> {
      const { action, parameters, region } = request;
      const regional = regions.get(region) ?? contextOf(options, region);
      regions.set(region, regional);
      const resolveImage = (uri: string) => options.resolveImage(uri, request);
      const context: LambdaContext = { ...regional, resolveImage };
      if (action === "Invoke") {
        return await invoke(parameters, request, { context, invoker: options.invoker });
      }
      const perform = ACTIONS[action];
      if (perform === undefined) {
        throw new AwsFailure("UnknownOperationException", `no stand-in of lambda:${action}`, 404);
      }
      const members: Members = await perform(parameters, context);
      const status = STATUS[action] ?? 200;
      return status === 204 ? { status, bytes: Buffer.alloc(0) } : { status, members };
    },
  };
}

function contextOf(
  { account, invoker }: LambdaOptions,
  region: string,
): Omit<LambdaContext, "resolveImage"> {
  const functions = new Map<string, FunctionState>();
  const arnOf = (name: string) => `arn:aws:lambda:${region}:${account}:function:${name}`;
  return {
    account,
    region,
    functions,
    mappings: new Map(),
    capacityProviders: new Map(),
    arnOf,
    stopProcesses: (arn) => invoker.stop(arn),
    find(parameters) {
      const { name, qualifier } = parseFunctionName(parameters);
      const found = functions.get(name);
      if (found === undefined) {
        throw notFound(qualifier === undefined ? arnOf(name) : `${arnOf(name)}:${qualifier}`);
      }
      return { found, qualifier };
    },
  };
}
