/**
 * Asks a new version in a one-off task of its own: the same image, started as ever, given its questions in a variable. What
 * it answers stands in its log, so that nothing has to be opened to anybody.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import * as z from "zod";
import { BentoError } from "../../core/bento-error.ts";
import { awsCall } from "../aws/aws-error.ts";
import { tailLogGroup } from "../aws/logs.ts";
import type { AwsSession } from "../aws/session.ts";
import { readService } from "./ecs-reads.ts";
import { logGroupOf } from "./last-lines.ts";
import { type ServicePlace, servicePlace } from "./service-place.ts";
import { failureOf } from "./task-failures.ts";

export interface Question {
  readonly method: string;
  /** Begins with a slash. */
  readonly path: string;
  readonly body?: string | undefined;
}

const Answer = z.object({
  bentoAnswer: z.int(),
  status: z.int(),
  serves: z.string().nullable(),
  body: z.string(),
});
export type Answer = z.infer<typeof Answer>;

/** ECS takes 8,192 characters of overrides; the rest is their JSON. */
const MOST_CHARACTERS = 7500;
/** An instance may have to start first. */
const TASK_MS = 20 * 60_000;
/** CloudWatch shows lines a little after they were written. */
const LOG_MS = 60_000;
const POLL_MS = 1000;
const CONTAINER = "bento";

/**
 * @param taskDefinition - ARN of the version
 * @returns as many answers as questions, in their order
 * @throws BentoError BENTO_UNHEALTHY when the task ends without them
 */
export async function askTask(
  session: AwsSession,
  { stackName, taskDefinition }: { readonly stackName: string; readonly taskDefinition: string },
  questions: readonly Question[],
): Promise<readonly Answer[]> {
  const place = await servicePlace(session, stackName);
  const group = await logGroupOf(session, stackName);
  if (place === undefined || group === undefined) {
    throw unhealthy(stackName, "the service is gone");
  }
  const task = await startTask(session, place, { taskDefinition, value: packed(questions) });
  const ended = await awaitEnd(session, place, task);
  const streamPrefix = `bento/${CONTAINER}/${task.slice(task.lastIndexOf("/") + 1)}`;
  const deadline = performance.now() + LOG_MS;
  for (;;) {
    const answers = await readAnswers(session, group, streamPrefix);
    if (answers.length >= questions.length) {
      return answers;
    }
    if (performance.now() > deadline || ended.exitCode !== 0) {
      throw unhealthy(
        task,
        `the task that was asked gave ${answers.length} of ${questions.length} answers: ${ended.reason}`,
      );
    }
    await pause(session);
  }
}

function packed(questions: readonly Question[]): string {
  const value = gzipSync(JSON.stringify(questions)).toString("base64");
  if (value.length > MOST_CHARACTERS) {
    throw new BentoError(
      "BENTO_UNSUPPORTED",
      `golden requests of ${value.length} characters, packed: a task takes ${MOST_CHARACTERS}`,
      {
        where: "golden/",
        hint: "keep fewer or smaller ones, or deploy with --set goldenTask=false",
      },
    );
  }
  return value;
}

async function startTask(
  session: AwsSession,
  place: ServicePlace,
  { taskDefinition, value }: { readonly taskDefinition: string; readonly value: string },
): Promise<string> {
  const service = await readService(session, place);
  const ecs = await session.ecs();
  const { cluster } = place;
  const { tasks = [], failures = [] } = await awsCall(
    session,
    { action: "ecs:RunTask", resource: taskDefinition },
    (call) =>
      ecs.runTask(
        {
          cluster,
          taskDefinition,
          startedBy: "bento",
          capacityProviderStrategy: service?.capacityProviderStrategy,
          networkConfiguration: service?.networkConfiguration,
          overrides: {
            containerOverrides: [
              { name: CONTAINER, environment: [{ name: "BENTO_QUESTIONS", value }] },
            ],
          },
        },
        call,
      ),
  );
  const arn = tasks[0]?.taskArn;
  if (arn === undefined) {
    const [{ reason = "ECS gives no reason" } = {}] = failures;
    throw unhealthy(taskDefinition, `no task could be started to be asked: ${reason}`);
  }
  return arn;
}

async function awaitEnd(
  session: AwsSession,
  { cluster }: ServicePlace,
  task: string,
): Promise<{ readonly exitCode: number | undefined; readonly reason: string }> {
  const ecs = await session.ecs();
  const deadline = performance.now() + TASK_MS;
  for (;;) {
    const { tasks = [] } = await awsCall(
      session,
      { action: "ecs:DescribeTasks", resource: task },
      (call) => ecs.describeTasks({ cluster, tasks: [task] }, call),
    );
    const [found] = tasks;
    if (found?.lastStatus === "STOPPED") {
      return { exitCode: found.containers?.[0]?.exitCode, reason: failureOf(found) };
    }
    if (performance.now() > deadline) {
      await awsCall(session, { action: "ecs:StopTask", resource: task }, (call) =>
        ecs.stopTask({ cluster, task, reason: "it took too long to answer" }, call),
      );
      throw unhealthy(task, `the task that was asked is ${found?.lastStatus ?? "not there"} still`);
    }
    await pause(session);
  }
}

async function readAnswers(
  session: AwsSession,
  group: string,
  streamPrefix: string,
): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for await (const line of tailLogGroup(session, { group, streamPrefix })) {
    const answer = line.includes('"bentoAnswer"') ? Answer.safeParse(parsed(line)).data : undefined;
    if (answer !== undefined) {
      answers[answer.bentoAnswer] = answer;
    }
  }
  return answers.filter((answer) => answer !== undefined);
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

async function pause({ signal }: AwsSession): Promise<void> {
  await sleep(POLL_MS, undefined, signal === undefined ? {} : { signal });
}

function unhealthy(where: string, message: string): BentoError {
  return new BentoError("BENTO_UNHEALTHY", message, {
    where,
    hint: "look whether there is a GPU to spare for it, or deploy with --set goldenTask=false",
  });
}
