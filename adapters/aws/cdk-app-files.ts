/**
 * A CDK app that is the user's own from then on, and the CloudFormation that it gives, for who uses no CDK. What it
 * deploys is its adapter's to say.
 *
 * @module
 */
import { canonicalJson } from "../../core/canonical-json.ts";
import type { EmittedFile, Peer } from "../adapter.ts";

export interface CdkApp {
  /** Of the package. */
  readonly name: string;
  readonly readme: string;
  /** `app.ts`. */
  readonly source: string;
  readonly templates: { readonly registry: object; readonly service: object };
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
export function cdkAppFiles(app: CdkApp): EmittedFile[] {
  const { readme, source, templates } = app;
  return [
    { path: "README.md", text: readme },
    { path: "app.ts", text: source },
    { path: "cdk.json", text: json(CDK) },
    { path: "package.json", text: json(packageManifest(app)) },
    { path: "registry.template.json", text: json(templates.registry) },
    { path: "template.json", text: json(templates.service) },
    { path: "tsconfig.json", text: json(TSCONFIG) },
  ];
}

function packageManifest({ name, peers, bentokitVersion }: CdkApp): object {
  return {
    name,
    private: true,
    type: "module",
    engines: { node: ">=22.18" },
    scripts: { synth: "cdk synth", deploy: "cdk deploy", typecheck: "tsc" },
    dependencies: {
      bentokit: bentokitVersion,
      ...Object.fromEntries(peers.map(({ name: peer, version }) => [peer, version])),
    },
    devDependencies: Object.fromEntries(TOOLS.map(({ name: tool, version }) => [tool, version])),
  };
}

function json(value: object): string {
  return `${canonicalJson(value, 2)}\n`;
}
