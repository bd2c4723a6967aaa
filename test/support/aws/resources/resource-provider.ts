/**
 * How CloudFormation makes, changes and removes resources of one type: by calls of services with the caller's rights.
 *
 * @module
 */
import type { Members } from "../aws-call.ts";
import type { Caller } from "../dispatcher.ts";

/** What a resource is once it is there. */
export interface MadeResource {
  /** What `Ref` gives. */
  readonly physicalId: string;
  /** What `Fn::GetAtt` gives, by attribute; nested ones with dots. */
  readonly attributes: Members;
}

export interface ExistingResource extends MadeResource {
  /** As they were resolved when it was made or changed last. */
  readonly properties: Members;
}

export interface ResourceContext extends Caller {
  readonly account: string;
  readonly region: string;
  readonly partition: string;
  readonly logicalId: string;
  readonly stackName: string;
  readonly stackId: string;
  /** A name as CloudFormation makes one: `stack-Logical-1A2B3C4D5E6F`. @param most - characters @default 64 */
  uniqueName(most?: number): string;
  /** Waits for something that a test decides about: meanwhile the stack is seen as it stands. */
  waiting<Result>(promise: Promise<Result>): Promise<Result>;
}

export interface ResourceProvider {
  /** `AWS::Lambda::Function` */
  readonly type: string;
  /** Properties whose change needs a new resource. */
  readonly replacedBy: readonly string[];
  /** Whether the stack's tags become its own, as `Tags` of keys and values. @default false */
  readonly isTagged?: boolean;
  create(properties: Members, context: ResourceContext): Promise<MadeResource>;
  update(
    existing: ExistingResource,
    properties: Members,
    context: ResourceContext,
  ): Promise<MadeResource>;
  /** What is gone already is deleted. */
  delete(existing: ExistingResource, context: ResourceContext): Promise<void>;
}
