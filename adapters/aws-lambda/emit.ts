/**
 * Writes a CDK app that is the user's own from then on, and the CloudFormation that it gives, for who uses no CDK.
 *
 * @module
 */
import { canonicalJson } from "../../core/canonical-json.ts";
import type { LambdaTemplates } from "../../infra/lambda-app.ts";
import type { LambdaAppSpec } from "../../infra/lambda-spec.ts";
import type { EmittedFile, Peer } from "../adapter.ts";
import { appSource } from "./app-source.ts";
import { emittedReadme } from "./emitted-readme.ts";

export interface EmitInput {
  readonly target: LambdaAppSpec;
  readonly templates: LambdaTemplates;
  readonly peers: readonly Peer[];
  /** Version of this package that the app depends on. */
  readonly bentokitVersion: string;
}

/** What the emitted app needs beside the peers. */
const TOOLS: readonly Peer[] = [
  { name: "@types/node", version: "24.19.2" },
  { name: "aws-cdk", version: "2.1148.1" },
  { name: "typescript", version: "7.0.2" },
];

const TSCONFIG = {
  compilerOptions: {
    target: "ES2024",
    module: "NodeNext",
    moduleResolution: "NodeNext",
    types: ["node"],
    strict: true,
    verbatimModuleSyntax: true,
    erasableSyntaxOnly: true,
    skipLibCheck: true,
    noEmit: true,
  },
  include: ["*.ts"],
};

/** Without these the CLI would add metadata that says nothing about the app. */
const CDK = {
  app: "node app.ts",
  versionReporting: false,
  pathMetadata: false,
  assetMetadata: false,
};

/** The files of the app. The same input always gives the same bytes. */
export function emittedFiles(input: EmitInput): EmittedFile[] {
  const { target, templates } = input;
  return [
    { path: "README.md", text: emittedReadme(target) },
    { path: "app.ts", text: appSource(target) },
    { path: "cdk.json", text: json(CDK) },
    { path: "package.json", text: json(packageManifest(input)) },
    { path: "registry.template.json", text: json(templates.registry) },
    { path: "template.json", text: json(templates.service) },
    { path: "tsconfig.json", text: json(TSCONFIG) },
  ];
}

function packageManifest({ target, peers, bentokitVersion }: EmitInput): object {
  return {
    name: target.serviceStack,
    private: true,
    type: "module",
    engines: { node: ">=22.18" },
    scripts: { synth: "cdk synth", deploy: "cdk deploy", typecheck: "tsc" },
    dependencies: {
      bentokit: bentokitVersion,
      ...Object.fromEntries(peers.map(({ name, version }) => [name, version])),
    },
    devDependencies: Object.fromEntries(TOOLS.map(({ name, version }) => [name, version])),
  };
}

function json(value: object): string {
  return `${canonicalJson(value, 2)}\n`;
}
