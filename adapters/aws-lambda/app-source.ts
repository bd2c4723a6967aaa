/**
 * The `app.ts` of an emitted CDK app: what a person would have written, and can go on from.
 *
 * @module
 */
import type { LambdaAppSpec } from "../../infra/lambda-app.ts";

/** TypeScript that gives the same templates as `synthesizeLambdaApp`. */
export function appSource(target: LambdaAppSpec): string {
  const env = { account: target.account, region: target.region };
  return `/** ${target.tag} on AWS Lambda. Written once by bento deploy --emit; yours to change. */
import { App, CfnOutput, Duration, Size, Stack, Tags } from "aws-cdk-lib";
import { Repository } from "aws-cdk-lib/aws-ecr";
import { Architecture } from "aws-cdk-lib/aws-lambda";
import { BentoImage, BentoLambda, BentoRegistry, NoAssetSynthesizer } from "bentokit/cdk";

const app = new App();
const env = ${literal(env)};

// The repository of its images, kept when the stack is deleted. Deploy it first, then push the image.
const registry = new Stack(app, ${literal(target.registryStack)}, { env, synthesizer: new NoAssetSynthesizer() });
new BentoRegistry(registry, "Images", { repositoryName: ${literal(target.repository)} });

const service = new Stack(app, ${literal(target.serviceStack)}, { env, synthesizer: new NoAssetSynthesizer() });
const bento = new BentoLambda(service, "Bento", {
  image: BentoImage.fromEcr({
    repository: Repository.fromRepositoryName(service, "Images", ${literal(target.repository)}),
    digest: ${literal(target.imageDigest)},
  }),
  functionName: ${literal(target.functionName)},
  description: ${literal(target.tag)},
  architecture: Architecture.${target.architecture === "arm64" ? "ARM_64" : "X86_64"},
  memory: Size.mebibytes(${target.memoryMb}),
  timeout: Duration.seconds(${target.timeoutSeconds}),
  ephemeralStorage: Size.mebibytes(${target.ephemeralStorageMb}),
  environment: ${literal(target.environment)},
  logRetention: ${target.logRetentionDays},${reservedConcurrency(target)}
});
new CfnOutput(service, "AliasArn", { value: bento.alias.functionArn });
new CfnOutput(service, "LogGroupName", { value: bento.logGroup.logGroupName });

for (const stack of [registry, service]) {
  Tags.of(stack).add("bento:name", ${literal(target.bentoName)});
}

// Nobody may call it yet. To let somebody: bento.grantInvoke(role)
`;
}

function reservedConcurrency({ reservedConcurrency: value }: LambdaAppSpec): string {
  return value === undefined ? "" : `\n  reservedConcurrency: ${value},`;
}

/** JSON is TypeScript too; keys that are names lose their quotes. */
function literal(value: unknown): string {
  if (typeof value !== "object" || value === null) {
    return JSON.stringify(value);
  }
  const members = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .map(
      ([key, item]) =>
        `${/^[A-Za-z_]\w*$/.test(key) ? key : JSON.stringify(key)}: ${literal(item)}`,
    );
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}
