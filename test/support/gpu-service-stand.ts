/**
 * A stack with a bento on ECS in a network that is there already.
 *
 * @module
 */
import { App, type IStackSynthesizer, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { InstanceType, MachineImage, Vpc } from "aws-cdk-lib/aws-ec2";
import { Repository } from "aws-cdk-lib/aws-ecr";
import { type Digest, digestOf } from "../../core/digest.ts";
import { BentoEcsGpuService } from "../../infra/bento-ecs-gpu-service.ts";
import type { BentoEcsGpuServiceProps } from "../../infra/bento-ecs-gpu-service-props.ts";
import { BentoImage } from "../../infra/bento-image.ts";
import { BentoGpuCapacity } from "../../infra/ecs-capacity.ts";
import { NoAssetSynthesizer } from "../../infra/no-asset-synthesizer.ts";

export type Props = Partial<BentoEcsGpuServiceProps>;

interface StandOptions {
  readonly context?: Record<string, unknown>;
  readonly digest?: Digest;
  readonly region?: string;
}

/** A stack with one bento in a network that is there already, made from what a test gives. */
export function stand(make: (stack: Stack) => Props = () => ({}), options: StandOptions = {}) {
  const { context = {}, digest = digestOf("image"), region } = options;
  const stack = new Stack(new App({ context }), "Shop", {
    synthesizer: new NoAssetSynthesizer() as IStackSynthesizer,
    ...(region === undefined ? {} : { env: { region, account: "123456789012" } }),
  });
  const repository = Repository.fromRepositoryName(stack, "Images", "bento/iris");
  const vpc = Vpc.fromVpcAttributes(stack, "Network", {
    vpcId: "vpc-0a1b2c3d4e5f60718",
    availabilityZones: ["eu-west-1a", "eu-west-1b"],
    privateSubnetIds: ["subnet-0a1b2c3d4e5f60711", "subnet-0a1b2c3d4e5f60712"],
    publicSubnetIds: ["subnet-0a1b2c3d4e5f60713", "subnet-0a1b2c3d4e5f60714"],
    privateSubnetRouteTableIds: ["rtb-1", "rtb-2"],
    publicSubnetRouteTableIds: ["rtb-3", "rtb-4"],
  });
  const bento = new BentoEcsGpuService(stack, "Iris", {
    image: BentoImage.fromEcr({ repository, digest }),
    vpc,
    ...make(stack),
  });
  return { stack, bento, template: () => Template.fromStack(stack) };
}

type Resources = Record<string, { readonly Type: string; readonly Properties: unknown }>;

export function resourcesOf(template: Template): Resources {
  return template.toJSON()["Resources"];
}

export function propertiesOf(template: Template, type: string): unknown[] {
  return Object.values(template.findResources(type)).map((one) => one["Properties"]);
}

/** Of `g5.xlarge`, with one GPU each. */
export function group(maxInstances = 4): BentoGpuCapacity {
  return BentoGpuCapacity.autoScalingGroup({
    instanceType: new InstanceType("g5.xlarge"),
    machineImage: MachineImage.genericLinux({ "eu-west-1": "ami-0a1b2c3d4e5f60718" }),
    maxInstances,
  });
}
