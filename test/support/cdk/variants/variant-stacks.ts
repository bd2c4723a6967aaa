/**
 * Every construct with what is not its default, a stack each: for validators, which read templates, and for versions of
 * aws-cdk-lib. Each stack holds what a user asks for in one go.
 *
 * @module
 */
import { type App, type IStackSynthesizer, Stack } from "aws-cdk-lib";
import { type IVpc, Vpc } from "aws-cdk-lib/aws-ec2";
import { Repository } from "aws-cdk-lib/aws-ecr";
import { BentoImage, NoAssetSynthesizer } from "bentokit/cdk";
import { ECS_VARIANTS } from "./ecs-variants.ts";
import { LAMBDA_VARIANTS } from "./lambda-variants.ts";

/** What is there before a bento comes. */
export interface Surroundings {
  readonly stack: Stack;
  readonly image: BentoImage;
  readonly vpc: IVpc;
}

export type Variant = (surroundings: Surroundings) => void;

export function addVariantStacks(app: App): void {
  for (const [name, build] of Object.entries({ ...LAMBDA_VARIANTS, ...ECS_VARIANTS })) {
    const stack = new Stack(app, name, {
      synthesizer: new NoAssetSynthesizer() as IStackSynthesizer,
      env: { account: "123456789012", region: "eu-central-1" },
    });
    build({ stack, image: imageIn(stack), vpc: vpcIn(stack) });
  }
}

function imageIn(stack: Stack): BentoImage {
  return BentoImage.fromEcr({
    repository: Repository.fromRepositoryName(stack, "Images", "bento/iris-classifier"),
    digest: `sha256:${"1f".repeat(32)}`,
  });
}

function vpcIn(stack: Stack): IVpc {
  return Vpc.fromVpcAttributes(stack, "Network", {
    vpcId: "vpc-0a1b2c3d4e5f60000",
    vpcCidrBlock: "10.0.0.0/16",
    availabilityZones: ["eu-central-1a", "eu-central-1b"],
    privateSubnetIds: ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"],
    privateSubnetRouteTableIds: ["rtb-0a1b2c3d4e5f60001", "rtb-0a1b2c3d4e5f60002"],
    publicSubnetIds: ["subnet-0a1b2c3d4e5f60003", "subnet-0a1b2c3d4e5f60004"],
    publicSubnetRouteTableIds: ["rtb-0a1b2c3d4e5f60003", "rtb-0a1b2c3d4e5f60004"],
  });
}
