/**
 * The README of an emitted CDK app: the three steps that deploy it, with and without CDK.
 *
 * @module
 */

export interface EmittedApp {
  /** `name:version` of the bento. */
  readonly tag: string;
  /** Where it runs, as its title says, e.g. `AWS Lambda`. */
  readonly place: string;
  readonly imageDigest: string;
  /** What the image becomes, as the end of a sentence and more of them. */
  readonly becomes: string;
  /** What the second stack makes, e.g. `function`. */
  readonly noun: string;
  readonly registryStack: string;
  readonly serviceStack: string;
  readonly repository: string;
  readonly account?: string | undefined;
  readonly region?: string | undefined;
}

/** Markdown. */
export function emittedReadme(app: EmittedApp): string {
  const { account = "ACCOUNT", region = "REGION", registryStack, serviceStack } = app;
  const version = app.tag.split(":")[1];
  const host = `${account}.dkr.ecr.${region}.amazonaws.com`;
  return `# ${app.tag} on ${app.place}

Written once by \`bento deploy --emit\`; yours to change. It deploys the image
\`${app.imageDigest}\`
as ${app.becomes}

1. Make the repository:

   \`\`\`bash
   npm install
   npx cdk deploy ${registryStack}
   \`\`\`

2. Push the image by any tool that speaks OCI, tagged with its version, for example from an OCI layout:

   \`\`\`bash
   aws ecr get-login-password --region ${region} | skopeo login --username AWS --password-stdin ${host}
   skopeo copy --preserve-digests oci:DIR docker://${host}/${app.repository}:${version}
   \`\`\`

3. Make the ${app.noun}:

   \`\`\`bash
   npx cdk deploy ${serviceStack}
   \`\`\`

Without CDK, the same two stacks are CloudFormation templates without parameters:

\`\`\`bash
aws cloudformation deploy --stack-name ${registryStack} --template-file registry.template.json
aws cloudformation deploy --stack-name ${serviceStack} --template-file template.json --capabilities CAPABILITY_IAM
\`\`\`
`;
}
