import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { emitDeployment } from "../../../deploy/emit.ts";
import { testRuntime } from "../../support/deploy-runtime.ts";
import { linkPackages, npx, readJson } from "../../support/emitted-app.ts";
import { stubManifest } from "../../support/stub-bento.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { ECS_NETWORK, GPU_IMAGE } from "./desired-ecs.ts";

const ARN = "arn:aws:iam::123456789012";

describe("emitDeployment for aws-ecs-gpu", () => {
  it.each<[string, object, Readonly<Record<string, string>>]>([
    ["by default", {}, {}],
    [
      "on a group of instances",
      { region: "eu-central-1", capacity: "asg", amiId: "ami-0a1b2c3d", rollout: "recreate" },
      {},
    ],
    [
      "in what others made, with all there is",
      {
        region: "eu-central-1",
        rollout: "linear",
        pauseAt: "POST_SCALE_UP",
        maxTasks: 3,
        requestsPerTask: 600,
        maxGpus: 8,
        cluster: "shared",
        capacityProvider: "gpus",
        securityGroups: ["sg-0a1b2c3d"],
        public: true,
        publicSubnets: ["subnet-1a1b2c3d", "subnet-1a1b2c3e"],
        certificate: "arn:aws:acm:eu-central-1:123456789012:certificate/1",
        taskRole: `${ARN}:role/task`,
        executionRole: `${ARN}:role/execution`,
        permissionsBoundary: `${ARN}:policy/boundary`,
      },
      {
        TOKEN: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:token-AbCdEf",
        KEY: "arn:aws:ssm:eu-central-1:123456789012:parameter/bento/key",
      },
    ],
  ])(
    "writes a CDK app of a service %s that synthesises to the templates beside it",
    async (_what, options, secrets) => {
      await using runtime = await testRuntime();
      await using home = await tempDir();
      const request = {
        platform: "aws-ecs-gpu",
        manifest: stubManifest({ resources: { gpu: 1 } }),
        image: GPU_IMAGE,
        options: { ...ECS_NETWORK, ...options },
        variables: { LEVEL: "3", GREETING: 'say "hi"' },
        secrets,
        purpose: "emit" as const,
      };
      const { directory } = await emitDeployment(request, "app", runtime);
      await linkPackages(directory);
      await npx(directory, home.path, ["cdk", "synth", "--quiet", "--no-notices"]);
      const output = join(directory, "cdk.out");
      expect(await readJson(output, "bento-registry-stub-service.template.json")).toEqual(
        await readJson(directory, "registry.template.json"),
      );
      expect(await readJson(output, "bento-stub-service.template.json")).toEqual(
        await readJson(directory, "template.json"),
      );
      await npx(directory, home.path, [
        "tsc",
        "--customConditions",
        "bentokit-source",
        "--allowImportingTsExtensions",
        "--lib",
        "ES2024,ESNext.Disposable",
      ]);
    },
    60_000,
  );
});
