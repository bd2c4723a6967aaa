/**
 * A network that is there already, as most accounts have one: put your own ids here. By its attributes, because a
 * look-up would need an account.
 *
 * @module
 */
import type { Stack } from "aws-cdk-lib";
import { type IVpc, Vpc } from "aws-cdk-lib/aws-ec2";

const ZONES = [
  { zone: "eu-central-1a", subnet: "subnet-0a1b2c3d4e5f60001", routes: "rtb-0a1b2c3d4e5f60001" },
  { zone: "eu-central-1b", subnet: "subnet-0a1b2c3d4e5f60002", routes: "rtb-0a1b2c3d4e5f60002" },
];

export function existingVpc(stack: Stack): IVpc {
  return Vpc.fromVpcAttributes(stack, "Network", {
    vpcId: "vpc-0a1b2c3d4e5f60000",
    vpcCidrBlock: "10.0.0.0/16",
    availabilityZones: ZONES.map(({ zone }) => zone),
    privateSubnetIds: ZONES.map(({ subnet }) => subnet),
    privateSubnetRouteTableIds: ZONES.map(({ routes }) => routes),
  });
}
