/**
 * The README of an emitted CDK app: the three steps that deploy it, with and without CDK.
 *
 * @module
 */
import type { EcsAppSpec } from "../../infra/ecs-spec.ts";
import { gpuDemand } from "./gpu-demand.ts";

/** Markdown. */
export function emittedReadme(spec: EcsAppSpec): string {
  const { account = "ACCOUNT", region = "REGION", repository } = spec;
  const version = spec.tag.split(":")[1];
  const host = `${account}.dkr.ecr.${region}.amazonaws.com`;
  const { atRest, duringRollout } = gpuDemand(spec);
  return `# ${spec.tag} on Amazon ECS

Written once by \`bento deploy --emit\`; yours to change. It deploys the image
\`${spec.imageDigest}\`
as the service \`${spec.serviceName}\` with ${spec.gpus} GPU a task, ${atRest} at rest and ${duringRollout} while versions change. No bootstrap is needed.

1. Make the repository:

   \`\`\`bash
   npm install
   npx cdk deploy ${spec.registryStack}
   \`\`\`

2. Push the image by any tool that speaks OCI, tagged with its version, for example from an OCI layout:

   \`\`\`bash
   aws ecr get-login-password --region ${region} | skopeo login --username AWS --password-stdin ${host}
   skopeo copy --preserve-digests oci:DIR docker://${host}/${repository}:${version}
   \`\`\`

3. Make the service:

   \`\`\`bash
   npx cdk deploy ${spec.serviceStack}
   \`\`\`

Without CDK, the same two stacks are CloudFormation templates without parameters:

\`\`\`bash
aws cloudformation deploy --stack-name ${spec.registryStack} --template-file registry.template.json
aws cloudformation deploy --stack-name ${spec.serviceStack} --template-file template.json --capabilities CAPABILITY_IAM
\`\`\`
`;
}
