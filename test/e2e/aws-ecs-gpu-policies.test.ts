/**
 * The policies that `bento deployment policy` prints for ECS, held against every call, those of CloudFormation with the
 * deployer's rights among them: what they allow is enough, and what they leave out is refused with its name.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Ran } from "../support/bento-process.ts";
import { DEPLOY, type EcsStand, ecsStand, IN_NETWORK } from "../support/ecs-deploy-stand.ts";
import { skipWithout } from "../support/tools.ts";

interface Policy {
  readonly Version: string;
  readonly Statement: readonly {
    readonly Sid: string;
    readonly Action: readonly string[];
    readonly Resource: readonly string[];
  }[];
}

interface Printed {
  readonly deploy: Policy;
  readonly promote: Policy;
  readonly boundary: { readonly name: string; readonly document: Policy };
  readonly parts: { readonly deploy: readonly Policy[] };
}

const CASE_MS = 120_000;
const BOUNDARY = "arn:aws:iam::123456789012:policy/bento-boundary-drawing";
const BOUNDED = `${DEPLOY} --set permissionsBoundary=${BOUNDARY}`;
const SCALED = "--set maxTasks=2 --set requestsPerTask=60";
const OF = "drawing --platform aws-ecs-gpu";
const GROUP =
  "--set capacity=asg --set amiId=ami-0a1b2c3d --set region=eu-west-1 --set instanceTypes=g6.xlarge";

describe.skipIf(skipWithout("moto_server", "docker-registry"))("bento deployment policy", () => {
  let stand: EcsStand;
  let policies: Printed;

  beforeAll(async () => {
    stand = await ecsStand();
    const printed = await stand.bento(`deployment policy ${OF} ${IN_NETWORK} ${SCALED} --json`);
    policies = JSON.parse(printed.out);
  }, CASE_MS);

  afterAll(() => stand?.[Symbol.asyncDispose]());

  async function as(policy: Policy, line: string): Promise<Ran> {
    return await stand.bento(line, { ...stand.aws.environment, ...stand.aws.withPolicy(policy) });
  }

  async function mayAs(policy: Policy, line: string): Promise<Ran> {
    const ran = await as(policy, line);
    expect(ran.exitCode === 0 ? "" : ran.err).toBe("");
    return ran;
  }

  /** Without one action, as somebody would have it who left it out. */
  function without(policy: Policy, action: string): Policy {
    const Statement = policy.Statement.map((statement) => ({
      ...statement,
      Action: statement.Action.filter((name) => name !== action),
    }));
    return { ...policy, Statement: Statement.filter(({ Action }) => Action.length > 0) };
  }

  it("names every resource but those that AWS takes for all", () => {
    const wide = ({ Statement }: Policy) =>
      Statement.filter(({ Resource }) => Resource.includes("*")).map(({ Sid }) => Sid);
    expect(wide(policies.deploy)).toEqual([
      "RegistryToken",
      "SeeVersions",
      "SeeTasks",
      "SeeFront",
      "SeeNetwork",
      "SeeScaling",
      "FindLogGroups",
    ]);
    expect(wide(policies.promote)).toEqual([
      "RegistryToken",
      "SeeVersions",
      "SeeTasks",
      "SeeFront",
      "SeeNetwork",
    ]);
  });

  it("gives who promotes nothing that makes rights or infrastructure", () => {
    const actions = policies.promote.Statement.flatMap(({ Action }) => Action);
    const writes = actions.filter(
      (name) => !/:(?:Describe|Get|List|BatchGet|BatchCheck)/.test(name),
    );
    expect(writes.filter((name) => !name.startsWith("ecr:")).sort()).toEqual([
      "cloudformation:CancelUpdateStack",
      "cloudformation:CreateChangeSet",
      "cloudformation:DeleteChangeSet",
      "cloudformation:ExecuteChangeSet",
      "ecs:ContinueServiceDeployment",
      "ecs:DeregisterTaskDefinition",
      "ecs:RegisterTaskDefinition",
      "ecs:StopServiceDeployment",
      "ecs:StopTask",
      "ecs:TagResource",
      "ecs:UntagResource",
      "ecs:UpdateService",
      "iam:PassRole",
      "iam:PassRole",
      "logs:FilterLogEvents",
    ]);
  });

  it(
    "prints what is too long for one policy in parts",
    async () => {
      const whole = await stand.bento(`deployment policy ${OF} ${IN_NETWORK} ${SCALED}`);
      expect(JSON.parse(whole.out)).toEqual(policies.deploy);
      expect(whole.err).toMatch(
        /^it has \d+ characters, too many for one policy: print it by --part 1 to --part 3, and give them all$/m,
      );
      const first = await stand.bento(`deployment policy ${OF} ${IN_NETWORK} ${SCALED} --part 1`);
      expect(JSON.parse(first.out)).toEqual(policies.parts.deploy[0]);
      const absent = await stand.bento(`deployment policy ${OF} ${IN_NETWORK} ${SCALED} --part 4`);
      expect(absent.exitCode).toBe(2);
      expect(absent.err).toContain("give a number from 1 to 3");
    },
    CASE_MS,
  );

  it(
    "bounds roles to the secrets that it is told of",
    async () => {
      const arn = "arn:aws:ssm:eu-west-1:123456789012:parameter/drawing/token";
      const printed = await stand.bento(
        `deployment policy ${OF} --for boundary --secret TOKEN=${arn}`,
      );
      const { Statement }: Policy = JSON.parse(printed.out);
      expect(Statement.find(({ Sid }) => Sid === "ReadParameters")?.Resource).toEqual([arn]);
      const wrong = await stand.bento(`deployment policy ${OF} --for boundary --secret TOKEN=abc`);
      expect(wrong.exitCode).toBe(2);
      expect(wrong.err).toContain("--secret TOKEN");
    },
    CASE_MS,
  );

  it.each(["iam:CreateRole", "ecs:CreateCluster", "elasticloadbalancing:AddTags", "iam:PassRole"])(
    "says that %s is missing, and on what",
    async (action) => {
      const ran = await as(without(policies.deploy, action), `${BOUNDED} ${SCALED}`);
      expect(ran.err).toContain(action);
      expect(ran.err).toMatch(/arn:aws:/);
      expect(ran.err).toContain("bento deployment policy");
      expect(ran.exitCode).not.toBe(0);
    },
    CASE_MS,
  );

  it(
    "allows all that a deployment's life needs",
    async () => {
      await mayAs(policies.deploy, `${BOUNDED} ${SCALED}`);
      await mayAs(
        policies.deploy,
        `${BOUNDED} ${SCALED} --set logRetentionDays=60 --set rolloutPercent=20`,
      );
      await stand.build("second");
      await mayAs(
        policies.deploy,
        `${BOUNDED} ${SCALED} --set pauseAt=PRE_PRODUCTION_TRAFFIC_SHIFT`,
      );
      await mayAs(policies.deploy, `deployment complete ${OF}`);
      await mayAs(policies.deploy, `deployment status ${OF}`);
      await mayAs(policies.deploy, `deployment logs ${OF}`);
      await mayAs(policies.deploy, `deployment rollback ${OF} --yes`);
      await mayAs(policies.deploy, `deployment prune ${OF} --keep 1 --yes`);
    },
    2 * CASE_MS,
  );

  it(
    "allows who promotes to bring a version, and no other setting",
    async () => {
      await mayAs(policies.deploy, `${BOUNDED} ${SCALED}`);
      await stand.build("third");
      const ran = await mayAs(policies.promote, `${BOUNDED} ${SCALED} --json`);
      expect(JSON.parse(ran.out)).toMatchObject({ outcome: "succeeded", isChanged: true });
      await mayAs(policies.promote, `deployment status ${OF}`);
      await mayAs(policies.promote, `deployment rollback ${OF} --yes`);
      const other = await as(
        policies.promote,
        `${BOUNDED} --set public=true --set certificate=arn:aws:acm:eu-west-1:123456789012:certificate/a`,
      );
      expect(other.exitCode).not.toBe(0);
    },
    2 * CASE_MS,
  );

  it(
    "allows the end of it, and a group of instances where that is chosen",
    async () => {
      await mayAs(policies.deploy, `deployment destroy ${OF} --yes`);
      const printed = await stand.bento(`deployment policy ${OF} ${IN_NETWORK} ${GROUP} --json`);
      const { deploy }: Printed = JSON.parse(printed.out);
      await mayAs(deploy, `${BOUNDED} ${GROUP}`);
      await mayAs(deploy, `deployment destroy ${OF} --yes`);
    },
    2 * CASE_MS,
  );
});
