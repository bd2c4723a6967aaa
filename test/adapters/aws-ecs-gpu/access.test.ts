import { describe, expect, it } from "vitest";
import type { PolicyDocument } from "../../../adapters/aws/access/policy-document.ts";
import { awsEcsGpuAdapter } from "../../../adapters/aws-ecs-gpu/adapter.ts";
import { policiesOf } from "../../support/aws/every-policy.ts";

const NETWORK = {
  vpcId: "vpc-0a1b2c3d",
  subnets: ["subnet-0a1b2c3d", "subnet-0a1b2c3e"],
  availabilityZones: ["eu-west-1a", "eu-west-1b"],
};

async function documents(options: object = NETWORK) {
  const { deploy, promote, boundary } = await policiesOf(awsEcsGpuAdapter, options);
  return {
    deploy: deploy as PolicyDocument,
    promote: promote as PolicyDocument,
    boundary: boundary?.document as PolicyDocument,
  };
}

function statement({ Statement }: PolicyDocument, sid: string) {
  return Statement.find(({ Sid }) => Sid === sid);
}

function actions({ Statement }: PolicyDocument): string[] {
  return Statement.flatMap(({ Action }) => Action);
}

describe("ecsAccess", () => {
  it("names the resources of one deployment", async () => {
    const { deploy } = await documents();
    expect(statement(deploy, "BringVersions")?.Resource).toEqual([
      "arn:aws:ecs:eu-west-1:123456789012:service/bento-iris-Bento*/iris",
      "arn:aws:ecs:eu-west-1:123456789012:service-deployment/bento-iris-Bento*/iris/*",
      "arn:aws:ecs:eu-west-1:123456789012:service-revision/bento-iris-Bento*/iris/*",
      "arn:aws:ecs:eu-west-1:123456789012:task/bento-iris-Bento*/*",
    ]);
    expect(statement(deploy, "RegisterVersions")?.Resource).toEqual([
      "arn:aws:ecs:eu-west-1:123456789012:task-definition/bentoirisBentoTask*:*",
    ]);
    expect(statement(deploy, "MakeGroupsInNetwork")?.Resource).toEqual([
      "arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-0a1b2c3d",
    ]);
  });

  it("touches what AWS names itself only where it has the tag of the bento", async () => {
    const { deploy } = await documents();
    for (const sid of ["KeepFront", "KeepGroups"]) {
      expect(statement(deploy, sid)?.Condition).toEqual({
        StringEquals: { "aws:ResourceTag/bento:name": "iris" },
      });
    }
    expect(statement(deploy, "TagGroups")?.Condition).toEqual({
      StringEquals: { "ec2:CreateAction": "CreateSecurityGroup" },
    });
  });

  it("lets who promotes hand on the roles that the stack has, to those that take them on", async () => {
    const { promote } = await documents();
    expect(statement(promote, "PassTaskRoles")).toMatchObject({
      Resource: [
        "arn:aws:iam::123456789012:role/bento-iris-BentoTaskRole*",
        "arn:aws:iam::123456789012:role/bento-iris-BentoExecutionRole*",
      ],
      Condition: { StringEquals: { "iam:PassedToService": ["ecs-tasks.amazonaws.com"] } },
    });
    expect(statement(promote, "PassShiftRole")).toMatchObject({
      Resource: ["arn:aws:iam::123456789012:role/bento-iris-BentoShiftRole*"],
      Condition: { StringEquals: { "iam:PassedToService": ["ecs.amazonaws.com"] } },
    });
    expect(statement(promote, "ChangeVersion")?.Resource).toEqual([
      "arn:aws:cloudformation:eu-west-1:123456789012:stack/bento-iris/*",
    ]);
  });

  it("allows nothing of what is given to be made or removed", async () => {
    const { deploy, boundary } = await documents({ cluster: "shared", capacityProvider: "gpus" });
    expect(actions(deploy)).not.toContain("ecs:DeleteCluster");
    expect(actions(deploy)).not.toContain("ecs:CreateCapacityProvider");
    expect(actions(boundary)).not.toContain("ec2:RunInstances");
    expect(statement(deploy, "UseCluster")?.Resource).toEqual([
      "arn:aws:ecs:eu-west-1:123456789012:cluster/shared",
    ]);
  });

  it("bounds roles to the secrets that are named, without their members", async () => {
    const { boundary } = await documents();
    expect(statement(boundary, "ReadSecrets")).toMatchObject({
      Action: ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"],
      Resource: ["arn:aws:secretsmanager:eu-west-1:123456789012:secret:iris/key-AbCdEf"],
    });
    expect(statement(boundary, "ReadParameters")?.Resource).toEqual([
      "arn:aws:ssm:eu-west-1:123456789012:parameter/iris/token",
    ]);
  });
});
