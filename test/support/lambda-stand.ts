/**
 * A project with two models and images of it, and AWS on loopback, for deploys by the command line as a real process.
 * What the function answers is scripted: nothing of the bento is run.
 *
 * @module
 */
import { join } from "node:path";
import { writeSampleBase } from "../packager/image/sample-bento.ts";
import type { InvokedVersion } from "./aws/lambda/function-invoker.ts";
import { type LoopbackAws, startAws } from "./aws/start-aws.ts";
import { type BentoProcess, type Ran, startBento } from "./bento-process.ts";
import { type TestCli, testCli } from "./cli.ts";
import { onnxFile } from "./onnx-file.ts";

/** @param marker - makes another version of the bento */
export function flowersService(marker = "first"): string {
  return `
import { model, service } from "bentokit";
import * as z from "zod";
${"export default"} service({
  name: "flowers",
  description: "${marker}",
  models: { iris: model("iris:v1") },
  apis: ({ api }) => ({
    count: api({ input: { features: z.number() }, output: z.number(), run: ({ features }) => features }),
  }),
});
`;
}

export interface LambdaStand extends AsyncDisposable {
  readonly cli: TestCli;
  readonly aws: LoopbackAws;
  /** What the function does with a request; replaced by tests. */
  answer: (path: string, version: InvokedVersion) => { status: number; body: string } | Error;
  /** Runs `bento` in this process, which is faster; its words split at spaces. */
  here(line: string, environment?: Readonly<Record<string, string>>): Promise<Ran>;
  /** Runs `bento` as a process of its own. */
  bento(line: string, environment?: Readonly<Record<string, string>>): Promise<Ran>;
  start(line: string, environment?: Readonly<Record<string, string>>): BentoProcess;
}

/** Deploys the bento by its image over a tiny base. */
export const DEPLOY = "deploy flowers --platform aws-lambda --base oci:base --yes";

export async function lambdaStand(): Promise<LambdaStand> {
  const cli = await testCli();
  await writeSampleBase(join(cli.work, "base"));
  for (const version of ["v1", "v2"]) {
    await cli.write(`${version}.onnx`, onnxFile({ producer: version }));
    await cli.must(`models import ${version}.onnx --name iris --version ${version}`);
  }
  await cli.write("service.ts", flowersService());
  await cli.write(
    "golden/count.jsonl",
    `${JSON.stringify({ input: { features: 4 }, output: 4 })}\n`,
  );
  await cli.must("build");
  await cli.must("containerize flowers --base oci:base");
  const stand: Pick<LambdaStand, "answer"> = { answer: healthy };
  const aws = await startAws({
    invoke: (event, version) => {
      const answered = stand.answer(pathOf(event), version);
      if (answered instanceof Error) {
        throw answered;
      }
      return {
        statusCode: answered.status,
        headers: { "content-type": "application/json" },
        body: answered.body,
        isBase64Encoded: false,
      };
    },
  });
  const start: LambdaStand["start"] = (line, environment) =>
    startBento(line, { cli, aws, environment });
  setEnvironment(aws.environment);
  return Object.assign(stand, {
    cli,
    aws,
    start,
    async here(line: string, environment = aws.environment): Promise<Ran> {
      const before = aws.calls.length;
      setEnvironment(environment);
      const ran = await cli.bento(line, { environment });
      setEnvironment(aws.environment);
      return { ...ran, calls: aws.calls.slice(before) };
    },
    bento: (line: string, environment?: Readonly<Record<string, string>>) =>
      start(line, environment).ended,
    async [Symbol.asyncDispose]() {
      setEnvironment({});
      await aws[Symbol.asyncDispose]();
      await cli[Symbol.asyncDispose]();
    },
  });
}

/** The SDK reads no other: everything of AWS in it is replaced. */
function setEnvironment(environment: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(process.env).filter((key) => key.startsWith("AWS_"))) {
    delete process.env[name];
  }
  Object.assign(process.env, environment);
}

/** As the service would. */
export function healthy(path: string): { status: number; body: string } {
  return { status: 200, body: path === "/count" ? "4" : "{}" };
}

function pathOf(event: unknown): string {
  return typeof event === "object" && event !== null && "rawPath" in event
    ? String(event.rawPath)
    : "";
}
