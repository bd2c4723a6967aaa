import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { describe, it } from "vitest";
import { BentoRegistry } from "../../infra/bento-registry.ts";

describe("BentoRegistry", () => {
  it("is kept, its tags never move, and Lambda may pull from it", () => {
    const stack = new Stack(new App(), "Registry");
    new BentoRegistry(stack, "Images", { repositoryName: "bento/iris" });
    const template = Template.fromStack(stack);
    template.hasResource("AWS::ECR::Repository", {
      DeletionPolicy: "RetainExceptOnCreate",
      UpdateReplacePolicy: "Retain",
    });
    template.hasResourceProperties("AWS::ECR::Repository", {
      RepositoryName: "bento/iris",
      ImageTagMutability: "IMMUTABLE",
      ImageScanningConfiguration: { ScanOnPush: true },
      RepositoryPolicyText: {
        Statement: [
          {
            Action: ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            Effect: "Allow",
            Principal: { Service: "lambda.amazonaws.com" },
            Sid: "LambdaPull",
          },
        ],
      },
    });
  });
});
