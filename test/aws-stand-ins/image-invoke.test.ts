import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  CloudWatchLogsClient,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import {
  CreateFunctionCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
} from "@aws-sdk/client-lambda";
import { describe, expect, it } from "vitest";
import { createLayout } from "../../oci/layout.ts";
import { clientOptions, makeRepository, pushToStandIn } from "../support/aws/push-sample.ts";
import { startAws } from "../support/aws/start-aws.ts";
import { hostImage } from "../support/host-base.ts";
import { tempDir } from "../support/temp-dir.ts";
import { skipWithout } from "../support/tools.ts";

/** A client of the Runtime API that says what it sees of its surroundings. */
const MAIN = `
import { writeFileSync } from "node:fs";
const attempt = (path) => { try { writeFileSync(path, ""); return "written"; } catch (error) { return error.code; } };
const api = "http://" + process.env.AWS_LAMBDA_RUNTIME_API + "/2018-06-01/runtime/invocation/";
console.log("started");
for (;;) {
  const next = await fetch(api + "next");
  const id = next.headers.get("lambda-runtime-aws-request-id");
  const event = await next.json();
  console.log("event " + JSON.stringify(event));
  if (event === "exit") process.exit(3);
  if (event === "hang") continue;
  const body = {
    event,
    uid: process.getuid(),
    app: attempt("/app/file"),
    tmp: attempt("/tmp/file"),
    mode: process.env.MODE,
    name: process.env.AWS_LAMBDA_FUNCTION_NAME + ":" + process.env.AWS_LAMBDA_FUNCTION_VERSION,
  };
  await fetch(api + id + "/response", { method: "POST", body: JSON.stringify(body) });
}
`;

describe.skipIf(skipWithout("moto_server", "docker-registry", "bwrap"))(
  "Invoke of the stand-ins, by the image",
  () => {
    it("runs it as Lambda does, keeps it warm, logs what it prints, and tells how it ends", async () => {
      await using dir = await tempDir();
      await using aws = await startAws();
      await mkdir(join(dir.path, "app/src"), { recursive: true });
      await writeFile(join(dir.path, "app/src/main.js"), MAIN);
      await writeFile(join(dir.path, "app/src/package.json"), '{"type":"module"}');
      const layout = await createLayout(join(dir.path, "layout"));
      const files = ["src/main.js", "src/package.json"];
      const { digest } = await hostImage(layout, {
        directory: join(dir.path, "app"),
        files,
        name: "app",
      });
      const image = (await layout.images()).find((one) => one.digest === digest);
      if (image === undefined) {
        throw new Error("no image in the layout");
      }
      await makeRepository(aws, "bento/app");
      const { uri } = await pushToStandIn(
        aws,
        { source: layout, image },
        { repository: "bento/app", tag: "v1" },
      );
      const lambda = new LambdaClient(clientOptions(aws));
      const FunctionName = "app";
      await lambda.send(
        new CreateFunctionCommand({
          FunctionName,
          Role: "arn:aws:iam::123456789012:role/app",
          PackageType: "Image",
          Code: { ImageUri: uri },
          Timeout: 1,
          Environment: { Variables: { MODE: "fast" } },
        }),
      );
      for (let polls = 0; polls < 2; polls += 1) {
        await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
      }
      const invoke = async (event: unknown) => {
        const command = new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) });
        const { Payload, FunctionError } = await lambda.send(command);
        return { FunctionError, answer: JSON.parse(Payload?.transformToString() ?? "") };
      };
      expect(await invoke({ x: 1 })).toEqual({
        FunctionError: undefined,
        answer: {
          event: { x: 1 },
          uid: 993,
          app: "EROFS",
          tmp: "written",
          mode: "fast",
          name: "app:$LATEST",
        },
      });
      expect(await invoke("exit")).toMatchObject({
        FunctionError: "Unhandled",
        answer: { errorType: "Runtime.ExitError" },
      });
      const hanging = await invoke("hang");
      expect(hanging).toMatchObject({
        FunctionError: "Unhandled",
        answer: { errorType: "Sandbox.Timedout" },
      });
      expect(hanging.answer.errorMessage).toMatch(/Task timed out after 1\.00 seconds$/);
      expect(await invoke(2)).toMatchObject({ answer: { event: 2 } });
      const logs = new CloudWatchLogsClient(clientOptions(aws));
      const logGroupName = "/aws/lambda/app";
      const { events } = await logs.send(new FilterLogEventsCommand({ logGroupName }));
      expect(events?.map(({ message }) => message?.replace(/[0-9a-f-]{36}/, "ID"))).toEqual([
        "START RequestId: ID Version: $LATEST",
        "started",
        'event {"x":1}',
        "END RequestId: ID",
        "REPORT RequestId: ID",
        "START RequestId: ID Version: $LATEST",
        'event "exit"',
        "END RequestId: ID",
        "REPORT RequestId: ID",
        "START RequestId: ID Version: $LATEST",
        "started",
        'event "hang"',
        "END RequestId: ID",
        "REPORT RequestId: ID",
        "START RequestId: ID Version: $LATEST",
        "started",
        "event 2",
        "END RequestId: ID",
        "REPORT RequestId: ID",
      ]);
      const { logStreams } = await logs.send(new DescribeLogStreamsCommand({ logGroupName }));
      expect(logStreams?.length).toBe(3);
    });
  },
);
