/**
 * Synthesises an app as the CDK does, with every validator that runs inside it, and keeps what it wrote and found.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { App, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import * as z from "zod";
import { tempDir } from "../temp-dir.ts";

/** A CloudFormation template, as far as tests look into it. */
export const Template = z.looseObject({
  Resources: z
    .record(
      z.string(),
      z.looseObject({
        Type: z.string(),
        Properties: z.record(z.string(), z.unknown()).default({}),
      }),
    )
    .default({}),
});
export type Template = z.infer<typeof Template>;

export interface Finding {
  /** `CloudFormation Validate`, or the rule pack of cdk-nag. */
  readonly by: string;
  readonly rule: string;
  /** Path of the construct, e.g. `iris-lambda/Iris/Role/Resource`. */
  readonly at: string;
  readonly text: string;
}

export interface Synthesized {
  /** Text of each template as it would be sent, by stack. */
  readonly texts: Readonly<Record<string, string>>;
  readonly templates: Readonly<Record<string, Template>>;
  /** What validators inside the CDK say, errors and warnings. */
  readonly findings: readonly Finding[];
  /** Kinds of artifact in the assembly, each once. */
  readonly artifactTypes: readonly string[];
}

export interface SynthesizeOptions {
  /** Feature flags and other context. */
  readonly context?: Readonly<Record<string, unknown>>;
  /** Whether cdk-nag looks too. @default false */
  readonly hasNag?: boolean;
}

/** @param build - adds the stacks */
export async function synthesize(
  build: (app: App) => void,
  { context = {}, hasNag = false }: SynthesizeOptions = {},
): Promise<Synthesized> {
  await using outdir = await tempDir();
  const app = new App({
    outdir: outdir.path,
    analyticsReporting: false,
    context: { ...context, "@aws-cdk/core:validationReportPrettyPrint": false },
  });
  build(app);
  if (hasNag) {
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  }
  const isRefused = refusalOf(() => app.synth());
  const findings = readFindings(await readJson(outdir.path, "validation-report.json"));
  if (isRefused !== undefined && findings.length === 0) {
    throw isRefused;
  }
  return { ...(await readAssembly(outdir.path)), findings };
}

/** Findings that are errors end the synthesis after everything is written. */
function refusalOf(work: () => void): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return error;
  }
}

const Manifest = z.object({
  artifacts: z.record(
    z.string(),
    z.object({
      type: z.string(),
      properties: z.looseObject({ templateFile: z.string().optional() }).optional(),
    }),
  ),
});

/**
 * What an assembly on disk holds: its templates, and what else there is to upload.
 *
 * @param directory - the CDK's output folder
 */
export async function readAssembly(directory: string): Promise<Omit<Synthesized, "findings">> {
  const { artifacts } = Manifest.parse(await readJson(directory, "manifest.json"));
  const texts: Record<string, string> = {};
  for (const [name, { type, properties }] of Object.entries(artifacts).sort()) {
    if (type === "aws:cloudformation:stack" && properties?.templateFile !== undefined) {
      texts[name] = await readFile(join(directory, properties.templateFile), "utf8");
    }
  }
  const templates = Object.entries(texts).map(
    ([name, text]) => [name, Template.parse(JSON.parse(text))] as const,
  );
  const artifactTypes = [...new Set(Object.values(artifacts).map(({ type }) => type))].sort();
  return { texts, templates: Object.fromEntries(templates), artifactTypes };
}

const Report = z.object({
  pluginReports: z.array(
    z.object({
      pluginName: z.string(),
      violations: z.array(
        z.object({
          ruleName: z.string(),
          description: z.string(),
          violatingConstructs: z.array(z.object({ constructPath: z.string() })),
        }),
      ),
    }),
  ),
});

function readFindings(report: unknown): Finding[] {
  return Report.parse(report).pluginReports.flatMap(({ pluginName, violations }) =>
    violations.flatMap(({ ruleName, description, violatingConstructs }) =>
      violatingConstructs.map(({ constructPath }) => ({
        by: pluginName,
        rule: ruleName,
        at: constructPath,
        text: description,
      })),
    ),
  );
}

async function readJson(directory: string, name: string): Promise<unknown> {
  return JSON.parse(await readFile(join(directory, name), "utf8"));
}
