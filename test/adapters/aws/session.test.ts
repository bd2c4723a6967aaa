import { afterEach, describe, expect, it, vi } from "vitest";
import { failureOf } from "../../support/failure.ts";
import {
  CALLER,
  callerIdentity,
  queryError,
  scriptedAws,
  stubAwsEnvironment,
  testSession,
} from "./scripted-aws.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("openSession", () => {
  it("says who asks and where, with one call", async () => {
    await using aws = await scriptedAws(() => undefined);
    const { account, partition, region, callerArn, platform, deployment } = await testSession();
    expect({ account, partition, region, callerArn, platform, deployment }).toEqual({
      account: "123456789012",
      partition: "aws",
      region: "eu-west-1",
      callerArn: CALLER,
      platform: "aws-lambda",
      deployment: "iris",
    });
    expect(aws.actions).toEqual([]);
  });

  it("takes the region that is given before the environment's", async () => {
    await using _aws = await scriptedAws(() => undefined);
    const { region } = await testSession({ region: "us-east-2" });
    expect(region).toBe("us-east-2");
  });

  it("makes each client once", async () => {
    await using _aws = await scriptedAws(() => undefined);
    const session = await testSession();
    expect(await session.lambda()).toBe(await session.lambda());
    const clients = await Promise.all([
      session.cloudFormation(),
      session.ecr(),
      session.ecs(),
      session.iam(),
      session.logs(),
      session.sts(),
    ]);
    const regions = await Promise.all(clients.map(async ({ config }) => await config.region()));
    expect(new Set(regions)).toEqual(new Set(["eu-west-1"]));
  });

  it("fails without a region", async () => {
    await using _aws = await scriptedAws(() => undefined);
    vi.stubEnv("AWS_REGION", undefined);
    expect(await failureOf(testSession)).toEqual({
      code: "BENTO_INVALID_CONFIG",
      message: "no AWS region is set",
      where: "region",
      hint: "name it with --region REGION, as region in bentofile.yaml's environment, or as AWS_REGION",
    });
  });

  it("fails for what cannot be a region", async () => {
    await using _aws = await scriptedAws(() => undefined);
    const failure = await failureOf(() => testSession({ region: "eu west" }));
    expect(failure).toMatchObject({ code: "BENTO_INVALID_CONFIG", where: "region" });
    expect(failure.message).toContain("eu west");
  });

  it("fails without credentials", async () => {
    stubAwsEnvironment({ AWS_REGION: "eu-west-1" });
    expect(await failureOf(testSession)).toEqual({
      code: "BENTO_PLATFORM",
      message: "no credentials for AWS: Could not load credentials from any providers",
      where: "the SDK's chain: environment, profile, SSO, web identity, instance",
      hint: "log in with aws sso login, choose AWS_PROFILE=NAME, or in CI give the job an OIDC role",
    });
  });

  it("fails when the credentials are of another account", async () => {
    await using _aws = await scriptedAws(() => undefined);
    expect(await failureOf(() => testSession({ account: "999999999999" }))).toEqual({
      code: "BENTO_INVALID_CONFIG",
      message: "the credentials are of account 123456789012, not of 999999999999",
      where: CALLER,
      hint: "choose the profile of account 999999999999 with AWS_PROFILE=NAME, or mend account in bentofile.yaml",
    });
  });

  it("fails when the token has ended", async () => {
    await using _aws = await scriptedAws(() =>
      queryError("ExpiredToken", "The security token included in the request is expired", 403),
    );
    expect(await failureOf(testSession)).toEqual({
      code: "BENTO_PLATFORM",
      message: "the credentials for AWS have ended: sts:GetCallerIdentity was refused",
      where: "aws-lambda, region eu-west-1",
      hint: "renew them: aws sso login, another AWS_PROFILE, or in CI let the job take its OIDC role again; then run the same command",
    });
  });

  it.each(["", "123"])("does not take %j for an account", async (account) => {
    await using _aws = await scriptedAws(() => ({ body: callerIdentity(account) }));
    expect(await failureOf(testSession)).toEqual({
      code: "BENTO_UNREACHABLE",
      message: `AWS names no account: ${JSON.stringify(account)}`,
      where: "sts:GetCallerIdentity",
      hint: "look whether AWS_ENDPOINT_URL leads to AWS",
    });
  });

  it("repeats what may pass", async () => {
    let calls = 0;
    await using _aws = await scriptedAws(() => {
      calls += 1;
      return calls === 1 ? { status: 500, body: "<html>busy</html>" } : undefined;
    });
    vi.stubEnv("AWS_MAX_ATTEMPTS", undefined);
    const { account } = await testSession();
    expect({ account, calls }).toEqual({ account: "123456789012", calls: 2 });
  });
});
