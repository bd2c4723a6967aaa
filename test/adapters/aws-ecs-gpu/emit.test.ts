import { execFile } from "node:child_process";
import { mkdir, readFile, symlink } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { emitDeployment } from "../../../deploy/emit.ts";
import { testRuntime } from "../../support/deploy-runtime.ts";
import { stubManifest } from "../../support/stub-bento.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { ECS_NETWORK, GPU_IMAGE } from "./desired-ecs.ts";

const run = promisify(execFile);
const ROOT = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

/** Stands for `npm install` in the emitted app. */
async function linkPackages(directory: string): Promise<void> {
  await mkdir(join(directory, "node_modules", "@types"), { recursive: true });
  await symlink(ROOT, join(directory, "node_modules", "bentokit"));
  for (const name of ["aws-cdk", "aws-cdk-lib", "constructs", "typescript", "@types/node"]) {
    await symlink(join(ROOT, "node_modules", name), join(directory, "node_modules", name));
  }
}

/** As a shell in the emitted app, with the sources of this package instead of its build. */
async function npx(directory: string, home: string, command: readonly string[]): Promise<void> {
  const bin = join(ROOT, "node_modules", ".bin");
  await run(join(bin, command[0] ?? ""), command.slice(1), {
    cwd: directory,
    env: {
      PATH: [bin, process.env["PATH"]].join(delimiter),
      HOME: home,
      CDK_HOME: home,
      CDK_DISABLE_CLI_TELEMETRY: "true",
      NODE_OPTIONS: "--conditions=bentokit-source",
    },
  });
}

async function json(...path: string[]): Promise<unknown> {
  return JSON.parse(await readFile(join(...path), "utf8"));
}

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
      expect(await json(output, "bento-registry-stub-service.template.json")).toEqual(
        await json(directory, "registry.template.json"),
      );
      expect(await json(output, "bento-stub-service.template.json")).toEqual(
        await json(directory, "template.json"),
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
