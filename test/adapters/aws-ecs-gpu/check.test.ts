import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { DeployContext, Finding } from "../../../adapters/adapter.ts";
import { ecsDeployPolicy } from "../../../adapters/aws-ecs-gpu/access.ts";
import { accessOf } from "../../../adapters/aws-ecs-gpu/access-place.ts";
import { checkEcs } from "../../../adapters/aws-ecs-gpu/check.ts";
import { AwsEcsGpuOptions } from "../../../adapters/aws-ecs-gpu/options.ts";
import { loopbackEcs } from "../../support/aws/ecs/loopback-ecs.ts";
import { simulatingIam } from "../../support/aws/simulating-iam.ts";
import { type LoopbackAws, startAws } from "../../support/aws/start-aws.ts";
import { REPOSITORY } from "../../support/sources.ts";
import { skipWithout } from "../../support/tools.ts";

const PLACE = { partition: "aws", account: "123456789012", region: "eu-west-1" };

const NETWORK = {
  vpcId: "vpc-0a1b2c3d",
  subnets: ["subnet-0a1b2c3d", "subnet-0a1b2c3e"],
  availabilityZones: ["eu-west-1a", "eu-west-1b"],
};

function contextOf(options: object): DeployContext {
  return {
    environment: "default",
    name: "drawing",
    details: undefined,
    options: AwsEcsGpuOptions.parse(options),
    home: "/nowhere",
    projectDirectory: REPOSITORY,
    ambient: {},
    onProgress: () => {},
  };
}

describe.skipIf(skipWithout("moto_server", "docker-registry"))("checkEcs", () => {
  let aws: LoopbackAws;

  beforeAll(async () => {
    const ecs = loopbackEcs();
    ecs.state.clusters.set("shared", "arn:aws:ecs:eu-west-1:123456789012:cluster/shared");
    const services = [...(ecs.options.services ?? []), simulatingIam];
    aws = await startAws({ ...ecs.options, services, invoke: () => ({}) });
  }, 60_000);

  afterAll(async () => {
    vi.unstubAllEnvs();
    await aws?.[Symbol.asyncDispose]();
  });

  async function look(
    environment: Readonly<Record<string, string>>,
    options: object,
  ): Promise<Finding[]> {
    for (const [name, value] of Object.entries({ ...aws.environment, ...environment })) {
      vi.stubEnv(name, value);
    }
    aws.clearCalls();
    const findings = await Array.fromAsync(checkEcs(contextOf(options)));
    expect(aws.calls.filter(({ isWrite }) => isWrite)).toEqual([]);
    return findings;
  }

  const policy = ecsDeployPolicy(
    accessOf(
      { name: "drawing", bento: "drawing", options: AwsEcsGpuOptions.parse(NETWORK) },
      PLACE,
    ),
  );
  const simulating = {
    Sid: "Look",
    Effect: "Allow",
    Action: ["iam:SimulatePrincipalPolicy"],
    Resource: "*",
  };

  it("finds nothing in the way of who has the printed policy, and says how to look at the quota", async () => {
    const document = { ...policy, Statement: [...policy.Statement, simulating] };
    const absent = "not there yet: a deploy makes it";
    expect(await look(aws.withPolicy(document), NETWORK)).toEqual([
      expect.objectContaining({ check: "credentials", state: "fine" }),
      { check: "region", state: "fine", summary: "eu-west-1, account 123456789012" },
      { check: "stack bento-registry-drawing", state: "fine", summary: absent },
      { check: "stack bento-drawing", state: "fine", summary: absent },
      { check: "repository bento/drawing", state: "fine", summary: absent },
      {
        check: "network",
        state: "fine",
        summary: "vpc-0a1b2c3d, subnet-0a1b2c3d, subnet-0a1b2c3e",
      },
      {
        check: "GPU quota",
        state: "warning",
        summary: "it is not looked at",
        hint: "look that it suffices for both versions: aws service-quotas get-service-quota --service-code ec2 --quota-code L-DB2E81BA --region eu-west-1",
      },
      expect.objectContaining({
        check: "permissions",
        state: "fine",
        summary: expect.stringMatching(/^\d+ actions allowed$/),
      }),
    ]);
  });

  it("names what is not allowed, and the command that prints what is needed", async () => {
    const Statement = policy.Statement.filter(({ Sid }) => Sid !== "MakeFront");
    const findings = await look(
      aws.withPolicy({ ...policy, Statement: [...Statement, simulating] }),
      NETWORK,
    );
    expect(findings.at(-1)).toMatchObject({
      check: "permissions",
      state: "problem",
      summary: expect.stringMatching(
        /^not allowed: elasticloadbalancing:CreateListener on arn:aws:elasticloadbalancing:/,
      ),
      hint: "let an administrator allow what bento deployment policy drawing --platform aws-ecs-gpu prints",
    });
  });

  it("says what is wrong with network, cluster, capacity, roles and boundary", async () => {
    const role = "arn:aws:iam::123456789012:role/absent";
    const boundary = "arn:aws:iam::123456789012:policy/absent";
    const findings = await look(
      {},
      {
        cluster: "shared",
        capacityProvider: "gpus",
        taskRole: role,
        permissionsBoundary: boundary,
      },
    );
    const problems = findings.filter(({ state }) => state === "problem");
    expect(problems.map(({ check, summary }) => `${check}: ${summary}`)).toEqual([
      "cluster shared: it has no capacity provider gpus",
      `permissionsBoundary: ${boundary} is not there`,
      `taskRole: ${role} is not there`,
      "network: it is not set",
    ]);
    const other = await look({}, { ...NETWORK, cluster: "absent" });
    expect(other.find(({ check }) => check === "cluster absent")).toEqual({
      check: "cluster absent",
      state: "problem",
      summary: "it is not there",
      hint: "make it, or leave cluster out: then one is made",
    });
  });
});
