/**
 * AWS::ECR::Repository.
 *
 * @module
 */
import type { Members } from "../aws-call.ts";
import { compact, isTrue, listOf, membersOf, textOf } from "../members.ts";
import { ignoreMissing } from "./ignore-missing.ts";
import type { ResourceContext, ResourceProvider } from "./resource-provider.ts";

export const ecrRepository: ResourceProvider = {
  type: "AWS::ECR::Repository",
  replacedBy: ["RepositoryName", "EncryptionConfiguration"],
  isTagged: true,
  async create(properties, context) {
    const name = textOf(properties, "RepositoryName") ?? context.uniqueName(256).toLowerCase();
    const scanning = membersOf(properties, "ImageScanningConfiguration");
    const made = await context.call(
      "ecr",
      "CreateRepository",
      compact({
        repositoryName: name,
        imageTagMutability: properties["ImageTagMutability"],
        imageScanningConfiguration: { scanOnPush: isTrue(scanning, "ScanOnPush") },
        tags: listOf(properties, "Tags"),
      }),
    );
    await putPolicies(name, properties, {}, context);
    // the handler of the type looks at what it made
    await context.call("ecr", "DescribeRepositories", { repositoryNames: [name] });
    const repository = membersOf(made, "repository");
    return {
      physicalId: name,
      attributes: { Arn: repository["repositoryArn"], RepositoryUri: repository["repositoryUri"] },
    };
  },
  async update(existing, properties, context) {
    const { physicalId, properties: before } = existing;
    if (before["ImageTagMutability"] !== properties["ImageTagMutability"]) {
      await context.call("ecr", "PutImageTagMutability", {
        repositoryName: physicalId,
        imageTagMutability: properties["ImageTagMutability"] ?? "MUTABLE",
      });
    }
    await putPolicies(physicalId, properties, before, context);
    return existing;
  },
  async delete({ physicalId, properties }, { call }) {
    const force = isTrue(properties, "EmptyOnDelete");
    await ignoreMissing(call("ecr", "DeleteRepository", { repositoryName: physicalId, force }));
  },
};

async function putPolicies(
  repositoryName: string,
  properties: Members,
  before: Members,
  { call }: ResourceContext,
): Promise<void> {
  const policy = properties["RepositoryPolicyText"];
  if (
    policy !== undefined &&
    JSON.stringify(policy) !== JSON.stringify(before["RepositoryPolicyText"])
  ) {
    const policyText = typeof policy === "string" ? policy : JSON.stringify(policy);
    await call("ecr", "SetRepositoryPolicy", { repositoryName, policyText });
  }
  const lifecycle = textOf(membersOf(properties, "LifecyclePolicy"), "LifecyclePolicyText");
  if (
    lifecycle !== undefined &&
    lifecycle !== textOf(membersOf(before, "LifecyclePolicy"), "LifecyclePolicyText")
  ) {
    await call("ecr", "PutLifecyclePolicy", { repositoryName, lifecyclePolicyText: lifecycle });
  }
}
