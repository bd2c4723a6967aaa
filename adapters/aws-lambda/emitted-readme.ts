/**
 * The README of an emitted CDK app: the three steps that deploy it, with and without CDK.
 *
 * @module
 */
import type { LambdaAppSpec } from "../../infra/lambda-spec.ts";

/** Markdown. */
export function emittedReadme(target: LambdaAppSpec): string {
  const account = target.account ?? "ACCOUNT";
  const region = target.region ?? "REGION";
  const version = target.image.tag.split(":")[1];
  const host = `${account}.dkr.ecr.${region}.amazonaws.com`;
  return `# ${target.image.tag} on AWS Lambda

Written once by \`bento deploy --emit\`; yours to change. It deploys the image
\`${target.image.digest}\`
as the function \`${target.settings.functionName}\` behind the alias \`live\`. No bootstrap is needed, nothing is public.

1. Make the repository:

   \`\`\`bash
   npm install
   npx cdk deploy ${target.registryStack}
   \`\`\`

2. Push the image by any tool that speaks OCI, tagged with its version, for example from an OCI layout:

   \`\`\`bash
   aws ecr get-login-password --region ${region} | skopeo login --username AWS --password-stdin ${host}
   skopeo copy --preserve-digests oci:DIR docker://${host}/${target.repository}:${version}
   \`\`\`

3. Make the function:

   \`\`\`bash
   npx cdk deploy ${target.serviceStack}
   \`\`\`

Without CDK, the same two stacks are CloudFormation templates without parameters:

\`\`\`bash
aws cloudformation deploy --stack-name ${target.registryStack} --template-file registry.template.json
aws cloudformation deploy --stack-name ${target.serviceStack} --template-file template.json --capabilities CAPABILITY_IAM
\`\`\`
`;
}
