/**
 * The policies that `bento deployment policy` prints, held against every call: what they allow is enough, and what they
 * leave out is refused with its name.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Ran } from "../support/bento-process.ts";
import { DEPLOY, flowersService, type LambdaStand, lambdaStand } from "../support/lambda-stand.ts";
import { skipWithout } from "../support/tools.ts";

interface Policy {
  readonly Version: string;
  readonly Statement: readonly {
    readonly Sid: string;
    readonly Action: readonly string[];
    readonly Resource: readonly string[];
  }[];
}

const CASE_MS = 120_000;
const BOUNDARY = "arn:aws:iam::123456789012:policy/bento-boundary-flowers";
const BOUNDED = `--set permissionsBoundary=${BOUNDARY}`;
const OF = "flowers --platform aws-lambda";

describe.skipIf(skipWithout("moto_server", "docker-registry"))("bento deployment policy", () => {
  let stand: LambdaStand;
  let policies: { deploy: Policy; promote: Policy; boundary: { name: string; document: Policy } };

  beforeAll(async () => {
    stand = await lambdaStand();
    const printed = await stand.bento(`deployment policy ${OF} --json`);
    policies = JSON.parse(printed.out);
  }, CASE_MS);

  afterAll(() => stand?.[Symbol.asyncDispose]());

  async function as(policy: Policy, line: string): Promise<Ran> {
    return await stand.bento(line, { ...stand.aws.environment, ...stand.aws.withPolicy(policy) });
  }

  async function mayAs(policy: Policy, line: string): Promise<Ran> {
    const ran = await as(policy, line);
    expect(ran.err.split("\n").filter((text) => text.startsWith("error"))).toEqual([]);
    expect(ran.exitCode).toBe(0);
    return ran;
  }

  async function change(marker: string): Promise<void> {
    await writeFile(join(stand.cli.work, "service.ts"), flowersService(marker));
    await stand.cli.must("build");
  }

  /** Without one action, as somebody would have it who left it out. */
  function without(policy: Policy, action: string): Policy {
    return {
      ...policy,
      Statement: policy.Statement.map((statement) => ({
        ...statement,
        Action: statement.Action.filter((name) => name !== action),
      })).filter((statement) => statement.Action.length > 0),
    };
  }

  it("names every action and every resource but those that AWS takes for all", () => {
    const all = [policies.deploy, policies.promote, policies.boundary.document].flatMap(
      ({ Statement }) => Statement,
    );
    expect(all.flatMap(({ Action }) => Action).filter((name) => name.includes("*"))).toEqual([]);
    expect(all.filter(({ Resource }) => Resource.includes("*")).map(({ Sid }) => Sid)).toEqual([
      "RegistryToken",
      "SeeOtherFunctions",
      "FindLogGroups",
      "RegistryToken",
    ]);
    const services = new Set(
      policies.promote.Statement.flatMap(({ Action }) => Action.map((name) => name.split(":")[0])),
    );
    expect([...services].sort()).toEqual(["ecr", "lambda", "logs"]);
  });

  it.each([
    [
      "ecr:CreateRepository",
      /not authorized to perform: ecr:CreateRepository|may not ecr:CreateRepository/,
    ],
    ["cloudformation:CreateChangeSet", /cloudformation:CreateChangeSet/],
    ["iam:PassRole", /iam:PassRole/],
    ["lambda:CreateFunction", /lambda:CreateFunction/],
  ])(
    "says that %s is missing, and on what",
    async (action, message) => {
      const ran = await as(without(policies.deploy, action), `${DEPLOY} ${BOUNDED}`);
      expect(ran.err).toMatch(message);
      expect(ran.err).toMatch(/arn:aws:/);
      expect(ran.err).toContain("bento deployment policy");
      expect(ran.exitCode).not.toBe(0);
    },
    CASE_MS,
  );

  it(
    "refuses a role without its boundary",
    async () => {
      const ran = await as(policies.deploy, DEPLOY);
      expect(ran.err).toContain("iam:CreateRole");
      expect(ran.exitCode).not.toBe(0);
    },
    CASE_MS,
  );

  it(
    "allows all that a deployment's life needs",
    async () => {
      await mayAs(policies.deploy, `${DEPLOY} ${BOUNDED}`);
      await mayAs(policies.deploy, `${DEPLOY} ${BOUNDED} --set memoryMb=2048`);
      await change("second");
      await mayAs(policies.deploy, `${DEPLOY} ${BOUNDED} --set memoryMb=2048 --canary 10`);
      await mayAs(policies.deploy, `deployment complete ${OF}`);
      await mayAs(policies.deploy, `deployment status ${OF}`);
      await mayAs(policies.deploy, `deployment logs ${OF}`);
      await mayAs(policies.deploy, `deployment rollback ${OF} --yes`);
      await mayAs(policies.deploy, `deployment prune ${OF} --keep 1 --yes`);
    },
    2 * CASE_MS,
  );

  it(
    "allows who promotes to bring a version and to move traffic",
    async () => {
      await change("third");
      await mayAs(policies.promote, `${DEPLOY} ${BOUNDED} --set memoryMb=2048 --canary 10`);
      await mayAs(policies.promote, `deployment traffic ${OF} --percent 50`);
      await mayAs(policies.promote, `deployment abort ${OF}`);
      await mayAs(policies.promote, `${DEPLOY} ${BOUNDED} --set memoryMb=2048`);
      await mayAs(policies.promote, `deployment rollback ${OF} --yes`);
      await mayAs(policies.promote, `deployment status ${OF}`);
    },
    2 * CASE_MS,
  );

  it(
    "keeps who promotes from changing settings, in words",
    async () => {
      const ran = await as(policies.promote, `${DEPLOY} ${BOUNDED} --set memoryMb=3000`);
      expect(ran.exitCode).not.toBe(0);
      expect(
        ran.err.slice(ran.err.indexOf("error:")).replace(/limited-\d+/, "limited"),
      ).toMatchInlineSnapshot(`
        "error: the settings of function flowers are not as desired, and only the deploy policy may change them
               not allowed: cloudformation:DescribeStacks on arn:aws:cloudformation:eu-west-1:123456789012:stack/bento-flowers/*
          at: arn:aws:iam::123456789012:user/limited
          do: deploy with the rights that bento deployment policy flowers --platform aws-lambda prints; or leave the settings as they are
        "
      `);
    },
    CASE_MS,
  );

  it(
    "allows the end of it",
    async () => {
      await mayAs(policies.deploy, `deployment destroy ${OF} --yes`);
    },
    CASE_MS,
  );
});
