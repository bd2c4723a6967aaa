import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { emitDeployment } from "../../../deploy/emit.ts";
import { testRuntime } from "../../support/deploy-runtime.ts";
import { STUB_IMAGE } from "../../support/desired.ts";
import { linkPackages, npx, readJson } from "../../support/emitted-app.ts";
import { REPOSITORY } from "../../support/sources.ts";
import { stubManifest } from "../../support/stub-bento.ts";
import { tempDir } from "../../support/temp-dir.ts";

const REQUEST = {
  platform: "aws-lambda",
  manifest: stubManifest({
    resources: { cpu: 0.5, memory: "1Gi" },
    traffic: { timeoutMs: 10_000 },
  }),
  image: STUB_IMAGE,
  variables: { LEVEL: "3", GREETING: 'say "hi"' },
  sets: ["reservedConcurrency=5", "region=eu-central-1"],
};

describe("emitDeployment for aws-lambda", () => {
  it("writes a CDK app that synthesises to the templates beside it", async () => {
    await using runtime = await testRuntime();
    await using home = await tempDir();
    const { directory, files } = await emitDeployment(REQUEST, "app", runtime);
    expect(files).toEqual([
      "README.md",
      "app.ts",
      "cdk.json",
      "package.json",
      "registry.template.json",
      "template.json",
      "tsconfig.json",
    ]);
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
  }, 90_000);

  it.each<[string, readonly string[], object]>([
    [
      "a queue, a URL, a snapshot and secrets",
      ["queueBatchSize=50", "queueApi=double", "url=iam", "snapStart=true"],
      {
        secrets: {
          API_KEY: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:api-AbCdEf:key::",
        },
      },
    ],
    [
      "managed instances in a network that is there",
      [
        "compute=managed-instances",
        'subnetIds=["subnet-0a1b2c3d"]',
        'securityGroupIds=["sg-0a1b2c3d"]',
        'instanceTypes=["m7i.large"]',
        "permissionsBoundary=arn:aws:iam::123456789012:policy/bound",
      ],
      {},
    ],
    [
      "managed instances that are there, with a role that is there",
      [
        "compute=managed-instances",
        "capacityProviderArn=arn:aws:lambda:eu-central-1:123456789012:capacity-provider:shared",
        "role=arn:aws:iam::123456789012:role/bento",
      ],
      {},
    ],
  ])(
    "writes an app with %s that gives the templates beside it",
    async (_what, sets, more) => {
      await using runtime = await testRuntime();
      await using home = await tempDir();
      const request = { ...REQUEST, sets: ["region=eu-central-1", ...sets], ...more };
      const { directory } = await emitDeployment(request, "app", runtime);
      await linkPackages(directory);
      await npx(directory, home.path, ["cdk", "synth", "--quiet", "--no-notices"]);
      const made = await readJson(directory, "cdk.out", "bento-stub-service.template.json");
      expect(made).toEqual(await readJson(directory, "template.json"));
    },
    90_000,
  );

  it("writes the same bytes twice", async () => {
    await using runtime = await testRuntime();
    const first = await emitDeployment(REQUEST, "first", runtime);
    const second = await emitDeployment(REQUEST, "second", runtime);
    for (const file of first.files) {
      const text = await readFile(join(first.directory, file), "utf8");
      expect(await readFile(join(second.directory, file), "utf8")).toBe(text);
    }
  });

  it("depends on exact versions, those that are tested here", async () => {
    await using runtime = await testRuntime();
    const { directory } = await emitDeployment(REQUEST, "app", runtime);
    const own = (await readJson(REPOSITORY, "package.json")) as {
      version: string;
      devDependencies: Record<string, string>;
    };
    const pick = (name: string) => own.devDependencies[name];
    expect(await readJson(directory, "package.json")).toEqual({
      name: "bento-stub-service",
      private: true,
      type: "module",
      engines: { node: ">=22.18" },
      scripts: { synth: "cdk synth", deploy: "cdk deploy", typecheck: "tsc" },
      dependencies: {
        bentokit: own.version,
        "aws-cdk-lib": pick("aws-cdk-lib"),
        constructs: pick("constructs"),
      },
      devDependencies: {
        "@types/node": pick("@types/node"),
        "aws-cdk": pick("aws-cdk"),
        typescript: pick("typescript"),
      },
    });
  });

  it("writes an app that a person could have written", async () => {
    await using runtime = await testRuntime();
    const { directory } = await emitDeployment(REQUEST, "app", runtime);
    expect(await readFile(join(directory, "app.ts"), "utf8")).toMatchInlineSnapshot(`
      "/** stub_service:v1 on AWS Lambda. Written once by bento deploy --emit; yours to change. */
      import { App, CfnOutput, Duration, Size, Stack, Tags } from "aws-cdk-lib";
      import { Repository } from "aws-cdk-lib/aws-ecr";
      import { Architecture } from "aws-cdk-lib/aws-lambda";
      import { BentoCompute, BentoImage, BentoLambda, BentoRegistry, NoAssetSynthesizer } from "bentokit/cdk";

      const app = new App();
      const env = { region: "eu-central-1" };

      // The repository of its images, kept when the stack is deleted. Deploy it first, then push the image.
      const registry = new Stack(app, "bento-registry-stub-service", { env, synthesizer: new NoAssetSynthesizer() });
      new BentoRegistry(registry, "Images", { repositoryName: "bento/stub-service" });

      const service = new Stack(app, "bento-stub-service", { env, synthesizer: new NoAssetSynthesizer() });
      const bento = new BentoLambda(service, "Bento", {
        image: BentoImage.fromEcr({
          repository: Repository.fromRepositoryName(service, "Images", "bento/stub-service"),
          digest: "sha256:6105d6cc76af400325e94d588ce511be5bfdbb73b437dc51eca43917d7a43e3d",
        }),
        functionName: "stub-service",
        description: "stub_service:v1",
        architecture: Architecture.X86_64,
        memory: Size.mebibytes(1024),
        timeout: Duration.seconds(10),
        ephemeralStorage: Size.mebibytes(512),
        environment: { LEVEL: "3", GREETING: "say \\"hi\\"" },
        logRetention: 30,
        compute: BentoCompute.standard({ reservedConcurrency: 5 }),
      });
      new CfnOutput(service, "AliasArn", { value: bento.alias.functionArn });
      new CfnOutput(service, "LogGroupName", { value: bento.logGroup.logGroupName });

      for (const stack of [registry, service]) {
        Tags.of(stack).add("bento:name", "stub_service");
      }

      // Nobody may call it yet. To let somebody: bento.grantInvoke(role)
      "
    `);
    expect(await readFile(join(directory, "README.md"), "utf8")).toMatchInlineSnapshot(`
      "# stub_service:v1 on AWS Lambda

      Written once by \`bento deploy --emit\`; yours to change. It deploys the image
      \`sha256:6105d6cc76af400325e94d588ce511be5bfdbb73b437dc51eca43917d7a43e3d\`
      as the function \`stub-service\` behind the alias \`live\`. No bootstrap is needed, nothing is public.

      1. Make the repository:

         \`\`\`bash
         npm install
         npx cdk deploy bento-registry-stub-service
         \`\`\`

      2. Push the image by any tool that speaks OCI, tagged with its version, for example from an OCI layout:

         \`\`\`bash
         aws ecr get-login-password --region eu-central-1 | skopeo login --username AWS --password-stdin ACCOUNT.dkr.ecr.eu-central-1.amazonaws.com
         skopeo copy --preserve-digests oci:DIR docker://ACCOUNT.dkr.ecr.eu-central-1.amazonaws.com/bento/stub-service:v1
         \`\`\`

      3. Make the function:

         \`\`\`bash
         npx cdk deploy bento-stub-service
         \`\`\`

      Without CDK, the same two stacks are CloudFormation templates without parameters:

      \`\`\`bash
      aws cloudformation deploy --stack-name bento-registry-stub-service --template-file registry.template.json
      aws cloudformation deploy --stack-name bento-stub-service --template-file template.json --capabilities CAPABILITY_IAM
      \`\`\`
      "
    `);
  });
});
