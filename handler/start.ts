/**
 * The process edge of a served bento: environment, signals, exit codes. Only here is the process itself touched.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";
import { formatError } from "../core/format-error.ts";
import { mapStackTraces } from "./map-stack-traces.ts";
import { type ServeOptions, type Server, serve } from "./serve.ts";

export interface StartOptions extends Omit<ServeOptions, "environment"> {
  /** With AWS_LAMBDA_RUNTIME_API in it, invocations of Lambda are answered instead of HTTP. @default the process's */
  readonly environment?: ServeOptions["environment"];
}

/** What answers, whoever asks. */
type Running = Pick<Server, "log" | "close"> & Partial<Pick<Server, "url">>;

/**
 * Serves until SIGTERM or SIGINT, then drains and exits 0; a second signal exits 130 at once. After an error that nobody
 * caught it logs that, drains and exits 1: what the process holds cannot be trusted any more, but callers get their answers.
 * What keeps it from starting is printed, and the process exits with the error's code.
 */
export async function start(options: StartOptions): Promise<void> {
  const codeAt = performance.now();
  mapStackTraces();
  try {
    const { environment = process.env } = options;
    const isLambda = (environment["AWS_LAMBDA_RUNTIME_API"] ?? "") !== "";
    const running = isLambda
      ? await startLambda({ ...options, environment })
      : await serve({ ...options, environment: await withSecrets(environment) });
    stopOnSignal(running);
    stopOnUncaught(running);
    running.log.info(phases(codeAt), "started");
    const questions = environment["BENTO_QUESTIONS"] ?? "";
    if (questions !== "" && running.url !== undefined) {
      await answerAndExit(questions, running.url, running);
    }
  } catch (error) {
    fail(error);
  }
}

/** A one-off task, asked by a deploy: nobody else reaches it. */
async function answerAndExit(questions: string, url: string, { close }: Running): Promise<never> {
  const { answerQuestions } = await import("./aws.ts"); // only where there are any
  await answerQuestions(questions, url, (line) => void process.stdout.write(`${line}\n`));
  await close();
  process.exit(0);
}

/** How long a start took, by phase: Node itself, the code, and the service with its models. All in milliseconds. */
function phases(codeAt: number): Record<string, number> {
  const nodeMs = performance.nodeTiming.bootstrapComplete;
  const round = (ms: number) => Math.round(ms * 10) / 10;
  return {
    nodeMs: round(nodeMs),
    codeMs: round(codeAt - nodeMs),
    serviceMs: round(performance.now() - codeAt),
  };
}

/** A function that cannot ask for invocations any more is of no use: it ends, and Lambda starts it anew. */
async function startLambda(options: ServeOptions): Promise<Running> {
  const { runLambda } = await import("./aws.ts"); // nothing of it is loaded where HTTP is served
  const loop = await runLambda({ ...options, setTraceId, completeEnvironment: withSecrets });
  loop.ended.catch((error: unknown) => {
    const end = () => fail(error);
    loop.close().then(end, end);
  });
  return loop;
}

/** Services find the values of secrets where they find everything else: among the process's variables. */
async function withSecrets(
  environment: ServeOptions["environment"],
): Promise<ServeOptions["environment"]> {
  if ((environment["BENTO_SECRETS"] ?? "") === "") {
    return environment;
  }
  const { readSecrets } = await import("./secrets/read-secrets.ts"); // only where there are any
  const values = await readSecrets(environment);
  Object.assign(process.env, values);
  return { ...environment, ...values };
}

/** Where X-Ray's libraries look for it. */
function setTraceId(traceId: string | undefined): void {
  if (traceId === undefined) {
    delete process.env["_X_AMZN_TRACE_ID"];
  } else {
    process.env["_X_AMZN_TRACE_ID"] = traceId;
  }
}

function stopOnSignal(server: Running): void {
  let isStopping = false;
  const stop = () => {
    if (isStopping) {
      process.exit(130);
    }
    isStopping = true;
    server.close().then(() => process.exit(0), fail);
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

function stopOnUncaught(server: Running): void {
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(event, (error: unknown) => {
      const err =
        error instanceof Error ? error : new Error("thrown is no error", { cause: error });
      server.log.error({ err }, "an error was not caught; the server stops");
      server.close().then(() => process.exit(1), fail); // later ones wait for the same end
    });
  }
}

function fail(error: unknown): never {
  process.stderr.write(formatError(error));
  process.exit(BentoError.isInstance(error) ? error.exitCode : 1);
}
