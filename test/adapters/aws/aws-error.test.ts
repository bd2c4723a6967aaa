import { afterEach, describe, expect, it, vi } from "vitest";
import { awsCall, awsFind, isAccessDenied, isAwsError } from "../../../adapters/aws/aws-error.ts";
import { BentoError } from "../../../core/bento-error.ts";
import { failureOf } from "../../support/failure.ts";
import { CALLER, jsonError, type ScriptedReply, scriptedAws, testSession } from "./scripted-aws.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

const FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:iris";
const POLICY = "bento deployment policy iris --platform aws-lambda prints all that is needed";

/** Asks for a repository, which the script answers. */
async function ask(reply: ScriptedReply): Promise<unknown> {
  await using _aws = await scriptedAws((action) =>
    action === "DescribeRepositories" ? reply : undefined,
  );
  const session = await testSession();
  const ecr = await session.ecr();
  return await awsCall(
    session,
    { action: "ecr:DescribeRepositories", resource: "repository bento/iris" },
    (call) => ecr.describeRepositories({}, call),
  );
}

describe("awsCall", () => {
  it("passes the answer on", async () => {
    expect(await ask({ body: { repositories: [] } })).toMatchObject({ repositories: [] });
  });

  it.each([
    {
      what: "a missing permission with its resource",
      reply: jsonError(
        "AccessDeniedException",
        `User: ${CALLER} is not authorized to perform: lambda:UpdateAlias on resource: ${FUNCTION} because no identity-based policy allows the lambda:UpdateAlias action`,
        403,
      ),
      told: {
        code: "BENTO_PLATFORM",
        message: `not allowed: lambda:UpdateAlias on ${FUNCTION}`,
        where: CALLER,
        hint: `let an administrator allow it; ${POLICY}`,
      },
    },
    {
      what: "a missing permission without a resource",
      reply: jsonError(
        "AccessDeniedException",
        `User: ${CALLER} is not authorized to perform: ecr:DescribeRepositories with an explicit deny in a service control policy`,
        400,
      ),
      told: {
        code: "BENTO_PLATFORM",
        message: "not allowed: ecr:DescribeRepositories on repository bento/iris",
        where: CALLER,
        hint: `it is refused by an explicit deny: let an administrator look there; ${POLICY}`,
      },
    },
    {
      what: "a denial by a boundary of everything",
      reply: jsonError(
        "AccessDeniedException",
        `User: ${CALLER} is not authorized to perform: ecr:GetAuthorizationToken on resource: * because no permissions boundary allows the ecr:GetAuthorizationToken action`,
      ),
      told: {
        code: "BENTO_PLATFORM",
        message: "not allowed: ecr:GetAuthorizationToken",
        where: CALLER,
        hint: `it is refused by a permissions boundary: let an administrator look there; ${POLICY}`,
      },
    },
    {
      what: "a denial in words that say nothing",
      reply: jsonError("UnauthorizedOperation", "You are not authorized.", 403),
      told: {
        code: "BENTO_PLATFORM",
        message: "not allowed: ecr:DescribeRepositories on repository bento/iris",
        where: CALLER,
        hint: `let an administrator allow it; ${POLICY}`,
      },
    },
    {
      what: "a token that has ended",
      reply: jsonError("ExpiredTokenException", "The security token included is expired"),
      told: {
        code: "BENTO_PLATFORM",
        message: "the credentials for AWS have ended: ecr:DescribeRepositories was refused",
        where: CALLER,
        hint: "renew them: aws sso login, another AWS_PROFILE, or in CI let the job take its OIDC role again; then run the same command",
      },
    },
    {
      what: "an unknown key",
      reply: jsonError("UnrecognizedClientException", "The security token is invalid."),
      told: {
        code: "BENTO_PLATFORM",
        message: "AWS does not take these credentials: The security token is invalid",
        where: "repository bento/iris",
        hint: "look at AWS_PROFILE or AWS_ACCESS_KEY_ID, and whether the account has the region eu-west-1 switched on",
      },
    },
    {
      what: "a clock that is wrong",
      reply: jsonError(
        "InvalidSignatureException",
        "Signature expired: 20261121T094500Z is now earlier than 20261121T101500Z",
      ),
      told: {
        code: "BENTO_PLATFORM",
        message:
          "this machine's clock is not AWS's: Signature expired: 20261121T094500Z is now earlier than 20261121T101500Z",
        where: "the system's clock",
        hint: "set the clock, e.g. by timedatectl set-ntp true, then run the same command",
      },
    },
    {
      what: "throttling",
      reply: jsonError("ThrottlingException", "Rate exceeded"),
      told: {
        code: "BENTO_PLATFORM",
        message: "AWS throttles ecr:DescribeRepositories, 1 attempt: Rate exceeded",
        where: "repository bento/iris",
        hint: "run the same command again in a minute: it goes on from what stands",
      },
    },
    {
      what: "something that is not there",
      reply: jsonError("RepositoryNotFoundException", "The repository does not exist."),
      told: {
        code: "BENTO_NOT_FOUND",
        message: "ecr:DescribeRepositories found nothing: The repository does not exist",
        where: "repository bento/iris",
        hint: "look whether eu-west-1 is the right region; deploying makes what is missing",
      },
    },
    {
      what: "another change at the same time",
      reply: jsonError("ResourceConflictException", "An update is in progress", 409),
      told: {
        code: "BENTO_CONFLICT",
        message:
          "ecr:DescribeRepositories was refused, something else changed or is changing it: An update is in progress",
        where: "repository bento/iris",
        hint: "wait for the other change to end, then run the same command: it plans anew",
      },
    },
    {
      what: "work on a stack that has not ended",
      reply: jsonError(
        "ValidationError",
        "Stack:iris is in UPDATE_IN_PROGRESS state and can not be updated.",
      ),
      told: {
        code: "BENTO_CONFLICT",
        message:
          "ecr:DescribeRepositories was refused, something else changed or is changing it: Stack:iris is in UPDATE_IN_PROGRESS state and can not be updated",
        where: "repository bento/iris",
        hint: "wait for the other change to end, then run the same command: it plans anew",
      },
    },
    {
      what: "a failure of AWS itself",
      reply: { status: 503, body: "<html>upstream</html>" },
      told: {
        code: "BENTO_UNREACHABLE",
        message: "AWS failed in ecr:DescribeRepositories, status 503, 1 attempt",
        where: "repository bento/iris",
        hint: "run the same command again in a minute: it goes on from what stands",
      },
    },
    {
      what: "a page of somebody else's",
      reply: { headers: { "content-type": "text/html" }, body: "<html>log in first</html>" },
      told: {
        code: "BENTO_UNREACHABLE",
        message: "the answer to ecr:DescribeRepositories is none of AWS's",
        where: "repository bento/iris",
        hint: "look for a proxy that answers in AWS's place, and at AWS_ENDPOINT_URL",
      },
    },
    {
      what: "any other refusal",
      reply: jsonError("LimitExceededException", "You have\n  too many repositories."),
      told: {
        code: "BENTO_PLATFORM",
        message:
          "AWS refused ecr:DescribeRepositories: LimitExceededException: You have too many repositories",
        where: "repository bento/iris",
        hint: "mend what AWS names, then run the same command: it goes on from what stands",
      },
    },
  ])("tells $what", async ({ reply, told }) => {
    expect(await failureOf(() => ask(reply))).toEqual(told);
  });

  it("tells that nobody answers", async () => {
    await using aws = await scriptedAws(() => undefined);
    const session = await testSession();
    await aws[Symbol.asyncDispose]();
    const ecr = await session.ecr();
    const failure = await failureOf(() =>
      awsCall(session, { action: "ecr:DescribeImages" }, (call) =>
        ecr.describeRepositories({}, call),
      ),
    );
    expect({ ...failure, message: failure.message.replace(/:\d+$/, ":PORT") }).toEqual({
      code: "BENTO_UNREACHABLE",
      message: "no answer from AWS to ecr:DescribeImages: connect ECONNREFUSED 127.0.0.1:PORT",
      where: "aws-lambda, region eu-west-1",
      hint: "check the network, the region eu-west-1 and AWS_ENDPOINT_URL, then run the same command",
    });
  });

  it("ends with the signal's reason when it is stopped in a call", async () => {
    const stop = new AbortController();
    await using _aws = await scriptedAws((action) => {
      if (action !== "DescribeRepositories") {
        return undefined;
      }
      stop.abort(new BentoError("BENTO_INTERRUPTED", "stopped"));
      return { body: undefined };
    });
    const session = await testSession({ signal: stop.signal });
    const ecr = await session.ecr();
    const failure = await failureOf(() =>
      awsCall(session, { action: "ecr:X" }, (call) => ecr.describeRepositories({}, call)),
    );
    expect(failure).toEqual({ code: "BENTO_INTERRUPTED", message: "stopped" });
  });

  it("leaves a defect as it is", async () => {
    const defect = new TypeError("undefined is not a function");
    const caller = { platform: "aws-lambda", region: "eu-west-1" };
    await expect(
      awsCall(caller, { action: "ecr:X" }, async () => {
        throw defect;
      }),
    ).rejects.toBe(defect);
  });
});

describe("awsFind", () => {
  const caller = { platform: "aws-lambda", region: "eu-west-1" };
  const failing = (name: string, message: string) =>
    awsFind(caller, { action: "x:Y" }, async () => {
      throw Object.assign(new Error(message), { name, $metadata: { httpStatusCode: 400 } });
    });

  it.each([
    ["ResourceNotFoundException", "Function not found"],
    ["NoSuchEntityException", "The role cannot be found"],
    ["ValidationError", "Stack with id bento-iris does not exist"],
  ])("is undefined for %s: %s", async (name, message) => {
    expect(await failing(name, message)).toBe(undefined);
  });

  it("throws what is another refusal", async () => {
    await expect(failing("ValidationError", "Template format error")).rejects.toThrow(
      "AWS refused x:Y: ValidationError: Template format error",
    );
  });
});

describe("isAwsError", () => {
  const cause = Object.assign(new Error("no"), { name: "ResourceNotFoundException" });
  const error = new BentoError("BENTO_NOT_FOUND", "no", { cause });

  it("knows what an error was caused by, with and without Exception", () => {
    expect([
      isAwsError(error, "ResourceNotFoundException"),
      isAwsError(cause, "NoSuchEntity", "ResourceNotFound"),
      isAwsError(error, "RepositoryNotFoundException"),
      isAwsError("text", "ResourceNotFound"),
    ]).toEqual([true, true, false, false]);
  });

  it("knows denials of both spellings", () => {
    const named = (name: string) => Object.assign(new Error("no"), { name });
    expect(
      ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Throttling"].map((name) =>
        isAccessDenied(named(name)),
      ),
    ).toEqual([true, true, true, false]);
  });
});
