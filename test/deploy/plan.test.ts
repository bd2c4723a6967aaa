import { describe, expect, it } from "vitest";
import type { BentoError } from "../../core/bento-error.ts";
import { applyPlan } from "../../deploy/apply.ts";
import { destroyDeployment, logsOf, statusOf } from "../../deploy/lifecycle.ts";
import { createPlan, type DeployRequest, prepare } from "../../deploy/plan.ts";
import { testRuntime } from "../support/deploy-runtime.ts";
import { STUB_IMAGE } from "../support/desired.ts";
import { stubManifest } from "../support/stub-bento.ts";

const MANIFEST = stubManifest();

/** The misuse table: what is asked, and the three lines and the exit code that it gets. */
const MISUSE: Record<
  string,
  [Partial<DeployRequest>, Pick<BentoError, "exitCode" | "message" | "where" | "hint">]
> = {
  "a misspelt platform": [
    { platform: "aws_lamda" },
    {
      exitCode: 2,
      message: 'no platform "aws_lamda"; did you mean aws-lambda?',
      where: "--platform",
      hint: "what works today: aws-ecs-gpu, aws-lambda, local",
    },
  ],
  "a misspelt and a wrong option": [
    { options: { prot: 80 }, sets: ["host="] },
    {
      exitCode: 2,
      message:
        'local has no option "prot"; did you mean port?\nhost: expected string to have >=1 characters, got ""',
      where: "options of local",
      hint: "options: engine, host, network, port, startTimeoutSeconds, stopTimeoutSeconds",
    },
  ],
  "a --set without a value": [
    { sets: ["port"] },
    {
      exitCode: 2,
      message: 'not key=value: "port"',
      where: "--set",
      hint: "options: engine, host, network, port, startTimeoutSeconds, stopTimeoutSeconds",
    },
  ],
  "a port that is none": [
    { sets: ["port=99999"] },
    {
      exitCode: 2,
      message: "port: expected number to be <=65535, got 99999",
      where: "options of local",
      hint: "options: engine, host, network, port, startTimeoutSeconds, stopTimeoutSeconds",
    },
  ],
  "an environment that is no name": [
    { environment: "Prod!" },
    {
      exitCode: 2,
      message: 'not an environment: "Prod!"',
      where: "--env",
      hint: "write it with 1 to 63 of a-z 0-9 . _ -, e.g. prod",
    },
  ],
  "a name that the platform does not take": [
    { name: "stub_service" },
    {
      exitCode: 2,
      message: 'not a name for local: "stub_service"',
      where: "--name",
      hint: "write it with 1 to 63 of a-z 0-9 -, a letter first, e.g. stub-service",
    },
  ],
  "variables that nothing sets": [
    { manifest: stubManifest({ env: ["API_KEY", "API_URL"] }), variables: { API_URL: "" } },
    {
      exitCode: 2,
      message: "the bento needs the environment variable API_KEY, which nothing sets",
      where: "stub_service:v1",
      hint: "--set-env API_KEY=…",
    },
  ],
  "a GPU and a canary where there are none": [
    { manifest: stubManifest({ resources: { gpu: 1 } }), canary: 10 },
    {
      exitCode: 2,
      message: "local runs on the CPU\nlocal gives all traffic to one process",
      where: "platform local",
      hint: "leave resources.gpu out to try the service here; leave --canary out; the old process runs on until the new one is verified",
    },
  ],
  "aws-lambda without an image": [
    { platform: "aws-lambda", purpose: "show" },
    {
      exitCode: 2,
      message: "aws-lambda deploys an image, and none is given",
      where: "stub_service:v1",
      hint: "make one: bento containerize stub_service:v1 --output oci:DIR, then give it: --image oci:DIR",
    },
  ],
};

describe("createPlan", () => {
  it.each(Object.entries(MISUSE))("refuses %s", async (_what, [request, error]) => {
    await using runtime = await testRuntime();
    const plan = createPlan({ platform: "local", manifest: MANIFEST, ...request }, runtime);
    await expect(plan).rejects.toMatchObject(error);
  });

  it.each([
    [{}, "stub-service", "default"],
    [{ environment: "prod" }, "stub-service-prod", "prod"],
    [{ environment: "prod", name: "shop" }, "shop", "prod"],
    [{ manifest: stubManifest({ name: "2048.game" }) }, "b-2048-game", "default"],
  ])("of %j is of the deployment %s in %s", async (request, name, environment) => {
    await using runtime = await testRuntime();
    const plan = await createPlan({ platform: "local", manifest: MANIFEST, ...request }, runtime);
    expect({ name: plan.name, environment: plan.environment }).toEqual({ name, environment });
  });

  it("takes --set over bentofile.yaml and writes the defaults out", async () => {
    await using runtime = await testRuntime();
    const plan = await createPlan(
      {
        platform: "local",
        manifest: MANIFEST,
        options: { port: 4000, host: "::1" },
        sets: ["port=5000"],
      },
      runtime,
    );
    expect(plan.options).toEqual({
      engine: "process",
      host: "::1",
      network: "bridge",
      port: 5000,
      startTimeoutSeconds: 60,
      stopTimeoutSeconds: 30,
    });
  });

  it("keeps text as text where the option is text", async () => {
    await using runtime = await testRuntime();
    const { desired } = await prepare(
      {
        platform: "aws-lambda",
        manifest: MANIFEST,
        image: STUB_IMAGE,
        sets: ["account=012345678901", "memoryMb=512"],
        purpose: "show",
      },
      runtime,
    );
    expect(desired.options).toMatchObject({ account: "012345678901", memoryMb: 512 });
  });

  it("does not touch a deployment of another bento", async () => {
    await using runtime = await testRuntime();
    const first = await runtime.add(stubManifest({ name: "stub.service" }));
    await applyPlan(await createPlan({ platform: "local", manifest: first }, runtime), runtime);
    await expect(
      createPlan({ platform: "local", manifest: MANIFEST }, runtime),
    ).rejects.toMatchObject({
      code: "BENTO_CONFLICT",
      exitCode: 4,
      message: "the deployment stub-service is of the bento stub.service, not of stub_service",
      where: "platform local, environment default",
      hint: "give this one another name with --name",
    });
  });
});

describe("a deployment that is not there", () => {
  it("is told apart from those that are", async () => {
    await using runtime = await testRuntime();
    const manifest = await runtime.add(MANIFEST);
    await applyPlan(await createPlan({ platform: "local", manifest }, runtime), runtime);
    const error = {
      code: "BENTO_NOT_FOUND",
      exitCode: 3,
      message: "no deployment stub-servise",
      where: "platform local, environment default",
      hint: "did you mean stub-service? deployments there: stub-service",
    };
    const key = { platform: "local", environment: "default", name: "stub-servise" };
    await expect(statusOf(key, runtime)).rejects.toMatchObject(error);
    await expect(destroyDeployment(key, runtime)).rejects.toMatchObject(error);
    await expect(Array.fromAsync(logsOf(key, runtime))).rejects.toMatchObject(error);
    await expect(statusOf({ ...key, environment: "prod" }, runtime)).rejects.toMatchObject({
      hint: "deployments there: none",
    });
    await expect(
      statusOf({ ...key, environment: "prod", name: "stub-service" }, runtime),
    ).rejects.toMatchObject({ hint: "it is elsewhere: --platform local --env default" });
  });

  it("has no log once it is destroyed", async () => {
    await using runtime = await testRuntime();
    const manifest = await runtime.add(MANIFEST);
    await applyPlan(await createPlan({ platform: "local", manifest }, runtime), runtime);
    const key = { platform: "local", environment: "default", name: "stub-service" };
    await destroyDeployment(key, runtime);
    await expect(Array.fromAsync(logsOf(key, runtime))).rejects.toMatchObject({
      code: "BENTO_NOT_FOUND",
      message: "stub-service was destroyed",
      where: "platform local, environment default",
      hint: "what a platform keeps of its log was named as it was destroyed",
    });
  });
});
