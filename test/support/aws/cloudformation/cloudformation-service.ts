/**
 * CloudFormation in memory: stacks that make real calls of the other stand-ins, with the rights of who deploys.
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
import type { Dispatcher } from "../dispatcher.ts";
import type { Faults } from "../faults.ts";
import type { ResourceProvider } from "../resources/resource-provider.ts";
import { changeSetActions } from "./change-set-actions.ts";
import { stackActions } from "./stack-actions.ts";
import { stackReads } from "./stack-reads.ts";
import type { StackWorld } from "./stack-world.ts";

export interface CloudFormationService extends AwsService {
  /** Stops whatever comes to a resource of that logical id or type. @returns lets it go on */
  hold(resource: string): () => void;
}

export type StackAction = (
  parameters: Members,
  context: { readonly world: StackWorld; readonly request: AwsRequest },
) => Promise<Members> | Members;

const ACTIONS: Readonly<Record<string, StackAction>> = {
  ...changeSetActions,
  ...stackActions,
  ...stackReads,
};

export function cloudFormationService(options: {
  readonly dispatcher: Dispatcher;
  readonly faults: Faults;
  readonly providers: ReadonlyMap<string, ResourceProvider>;
}): CloudFormationService {
  const held = new Map<string, Promise<void>>();
  const regions = new Map<string, StackWorld>();
  return {
    name: "cloudformation",
    async handle(request): Promise<AwsReply> {
      const perform = ACTIONS[request.action];
      if (perform === undefined) {
        throw new AwsFailure("InvalidAction", `no stand-in of cloudformation:${request.action}`);
      }
      const { region } = request;
      const dispatcher = options.dispatcher.in(region);
      const world = regions.get(region) ?? { ...options, dispatcher, stacks: new Map(), held };
      regions.set(region, world);
      return { members: await perform(request.parameters, { world, request }) };
    },
    hold(resource) {
      const { promise, resolve } = Promise.withResolvers<void>();
      held.set(resource, promise);
      return () => {
        held.delete(resource);
        resolve();
      };
    },
  };
}
