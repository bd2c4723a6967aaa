import { App, Stack } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { HttpMethod } from "aws-cdk-lib/aws-lambda";
import { describe, expect, it } from "vitest";
import { BentoLambda } from "../../infra/bento-lambda.ts";
import type { BentoUrlProps } from "../../infra/lambda-url.ts";
import { irisImage } from "../support/lambda-stack.ts";

function withUrl(url?: BentoUrlProps) {
  const stack = new Stack(new App(), "Shop");
  const bento = new BentoLambda(stack, "Iris", {
    image: irisImage(stack),
    ...(url === undefined ? {} : { url }),
  });
  const caller = new Role(stack, "Caller", {
    assumedBy: new ServicePrincipal("ecs.amazonaws.com"),
  });
  return { bento, caller, template: () => Template.fromStack(stack) };
}

describe("BentoLambda with a URL", () => {
  it("lets those call it who sign and are granted to", () => {
    const { bento, caller, template } = withUrl({ auth: "iam" });
    bento.grantInvokeUrl(caller);
    const made = template();
    made.hasResourceProperties("AWS::Lambda::Url", {
      AuthType: "AWS_IAM",
      Qualifier: "live",
      InvokeMode: Match.absent(),
    });
    made.resourceCountIs("AWS::Lambda::Permission", 0);
    made.hasResourceProperties("AWS::IAM::Policy", {
      PolicyDocument: {
        Statement: [
          Match.objectLike({ Action: "lambda:InvokeFunctionUrl" }),
          Match.objectLike({
            Action: "lambda:InvokeFunction",
            Condition: { Bool: { "lambda:InvokedViaFunctionUrl": true } },
          }),
        ],
      },
    });
  });

  it("is open to everybody only where that is spelled out, by both permissions", () => {
    const made = withUrl({ auth: "public" }).template();
    made.hasResourceProperties("AWS::Lambda::Url", { AuthType: "NONE" });
    made.resourceCountIs("AWS::Lambda::Permission", 2);
    made.hasResourceProperties("AWS::Lambda::Permission", {
      Action: "lambda:InvokeFunctionUrl",
      FunctionUrlAuthType: "NONE",
      Principal: "*",
    });
    made.hasResourceProperties("AWS::Lambda::Permission", {
      Action: "lambda:InvokeFunction",
      InvokedViaFunctionUrl: true,
      Principal: "*",
    });
  });

  it("streams, and tells the server so", () => {
    const cors = { allowedOrigins: ["https://example.com"], allowedMethods: [HttpMethod.POST] };
    const made = withUrl({ auth: "iam", streaming: true, cors }).template();
    made.hasResourceProperties("AWS::Lambda::Url", {
      InvokeMode: "RESPONSE_STREAM",
      Cors: { AllowOrigins: ["https://example.com"], AllowMethods: ["POST"] },
    });
    made.hasResourceProperties("AWS::Lambda::Function", {
      Environment: { Variables: { BENTO_LAMBDA_STREAM: "1" } },
    });
  });

  it.each([
    [{}, 'auth undefined of the url: "iam" or "public", it has no default'],
    [{ auth: "NONE" }, 'auth "NONE" of the url: "iam" or "public", it has no default'],
  ])("fails with %j", (url, message) => {
    expect(() => withUrl(url as BentoUrlProps)).toThrow(
      expect.objectContaining({ code: "BENTO_INVALID_INPUT", message }),
    );
  });

  it("fails when a URL is granted that is not there", () => {
    const { bento, caller } = withUrl();
    expect(() => bento.grantInvokeUrl(caller)).toThrow(
      expect.objectContaining({ code: "BENTO_INVALID_INPUT", message: "a bento without a url" }),
    );
  });
});
