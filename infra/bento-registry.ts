/**
 * The ECR repository of a bento's images: in a stack of its own, kept when that is deleted, with tags that never move
 * and a policy by which Lambda may pull.
 *
 * @module
 */
import { ArnFormat, Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import { type IRepository, Repository, TagMutability, TagStatus } from "aws-cdk-lib/aws-ecr";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";

export interface BentoRegistryProps {
  /** Name of the repository, e.g. `bento/iris-classifier`. */
  readonly repositoryName: string;
}

export class BentoRegistry extends Construct {
  readonly repository: IRepository;

  constructor(scope: Construct, id: string, props: BentoRegistryProps) {
    super(scope, id);
    const repository = new Repository(this, "Repository", {
      repositoryName: props.repositoryName,
      imageTagMutability: TagMutability.IMMUTABLE,
      imageScanOnPush: true,
      // kept, but for one of a failed first deploy, whose name would be in the way of the next
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      // Every push is tagged with the bento's version; only what lost its tag may go, never what a function may use.
      lifecycleRules: [{ tagStatus: TagStatus.UNTAGGED, maxImageAge: Duration.days(14) }],
    });
    repository.addToResourcePolicy(
      new PolicyStatement({
        sid: "LambdaPull",
        principals: [new ServicePrincipal("lambda.amazonaws.com")],
        actions: ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        conditions: {
          ArnLike: {
            "aws:SourceArn": Stack.of(this).formatArn({
              service: "lambda",
              resource: "function",
              resourceName: "*",
              arnFormat: ArnFormat.COLON_RESOURCE_NAME,
            }),
          },
        },
      }),
    );
    this.repository = repository;
  }
}
