/**
 * What ECS keeps: clusters, task definitions, services with their deployments and tasks. In memory; names as in its API.
 *
 * @module
 */
import type { Members } from "../aws-call.ts";

export interface TaskDefinitionState {
  readonly arn: string;
  readonly family: string;
  readonly revision: number;
  readonly containers: readonly Members[];
  readonly tags: readonly Members[];
  readonly registeredAt: number;
  status: "ACTIVE" | "INACTIVE";
}

export interface TaskState {
  readonly arn: string;
  readonly taskDefinition: string;
  lastStatus: "PROVISIONING" | "RUNNING" | "STOPPED";
  stopCode?: string;
  stoppedReason?: string;
  exitCode?: number;
}

export type Word = "CONTINUE" | "ROLLBACK";

export interface DeploymentState {
  readonly arn: string;
  readonly createdAt: number;
  readonly isFirst: boolean;
  /** Of the version that it brings. */
  readonly taskDefinition: string;
  status: string;
  statusReason?: string;
  stage: string;
  /** Per cent of the traffic that the new version has. */
  weight: number;
  hook?: { readonly id: string; readonly stage: string; status: string };
  /** Hears what a caller says at a hook, or to stop. */
  readonly words: { said: PromiseWithResolvers<Word> };
}

export interface ServiceState {
  readonly arn: string;
  readonly name: string;
  readonly cluster: string;
  taskDefinition: string;
  desiredCount: number;
  configuration: Members;
  readonly tasks: TaskState[];
  /** Oldest first. */
  readonly deployments: DeploymentState[];
  status: "ACTIVE" | "INACTIVE";
}

export interface EcsState {
  readonly clusters: Map<string, string>;
  readonly definitions: Map<string, TaskDefinitionState>;
  readonly services: Map<string, ServiceState>;
  /** One-off ones. */
  readonly tasks: TaskState[];
  /** Writes a line to the log of a task; there once CloudFormation has made a service. */
  log?: (task: TaskState, line: string) => Promise<void>;
  readonly account: string;
  readonly region: string;
}

/** A request in a one-off task, and what it answers. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
}
export type AnswerTask = (asked: Asked) => { readonly status: number; readonly body: string };

/** How tasks of a definition behave. */
export type TaskBehaviour =
  /** They answer `/readyz`. */
  | "good"
  /** There are no GPUs for them. */
  | "no-capacity"
  /** They end by themselves, with these lines in the log. */
  | { readonly exitCode: number; readonly log: readonly string[] };

let last = 0;

/** Different at each call; shaped as ECS's ids are. */
export function nextId(): string {
  last += 1;
  return last.toString(16).padStart(32, "0");
}

export function ecsArn({ account, region }: EcsState, resource: string): string {
  return `arn:aws:ecs:${region}:${account}:${resource}`;
}

/** As JSON has times. */
export function seconds(): number {
  return Date.now() / 1000;
}
