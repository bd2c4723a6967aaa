/**
 * What was there before: a network and a cluster in it.
 *
 * @module
 */
import { Stack } from "aws-cdk-lib";
import { Vpc } from "aws-cdk-lib/aws-ec2";
import { Cluster } from "aws-cdk-lib/aws-ecs";
import type { Construct } from "constructs";

export class ShopStack extends Stack {
  readonly vpc: Vpc;
  readonly cluster: Cluster;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.vpc = new Vpc(this, "Network", { maxAzs: 2 });
    this.cluster = new Cluster(this, "Cluster", { vpc: this.vpc });
  }
}
