/**
 * `docs/bentofile.md`, from the schemas that read the file.
 *
 * @module
 */
import type * as z from "zod";
import { BENTOML_KEYS, Bentofile, EnvironmentOptions } from "../../core/bentofile.ts";
import { code, fence, GENERATED, sentence, table } from "./markdown.ts";
import { SCHEMA_HEAD, schemaRows } from "./schema-rows.ts";

const INTRODUCTION = `
\`bentofile.yaml\` stands beside \`service.ts\` and says what the code does not. Every key is optional, and so is the
file. Unknown keys are errors; all mistakes of a file are reported at once, each with its line and column. What the
service asks of its machine, \`resources\` and \`traffic\`, is said in [service.ts](service.md), not here.
`;

const EXAMPLE = `
service: service.ts
description: Tells iris species by their measurements.
labels:
  owner: botany
include:
  - labels/*.txt
envs:
  - FEATURE_STORE_URL
docker:
  env:
    LOG_LEVEL: warn
environments:
  staging:
    platform: local
    port: 4000
  production:
    platform: aws-lambda
    region: eu-central-1
    memoryMb: 1024
`;

const ENVIRONMENTS = `
\`bento deploy --env production\` reads \`environments.production\`. Two keys are the same everywhere:
`;

const PLATFORMS = `
The other keys are the platform's own options. \`--set key=value\` on the command line wins over them. Options of a
platform other than the one that is deployed to are left aside.
`;

/** What a schema does not say of itself. */
const NOTES: Readonly<Record<string, string>> = {
  local: "All engines but `process` run the bento's image: see [local](deploy.md#local).",
  "aws-lambda": "See [on AWS Lambda](lambda.md) and [deploy](deploy.md#aws-lambda).",
  "aws-ecs-gpu": "See [on ECS with GPUs](deploy-aws-ecs-gpu.md).",
};

/** @param platforms - options by the name of the platform, in the order to show */
export function bentofilePage(platforms: Readonly<Record<string, z.ZodType>>): string {
  return [
    `${GENERATED}\n# bentofile.yaml\n${INTRODUCTION}\n`,
    fence("yaml bentofile.yaml", EXAMPLE.trim()),
    "\nPatterns of `include` and `exclude` are relative to the file's folder and never leave it; what matches is packed\n",
    "below `src/`, beside the bundle. `service: service.ts:Iris` names one of several exports.\n",
    `\n## Keys\n\n${table(SCHEMA_HEAD, schemaRows(Bentofile))}`,
    `\n## Environments\n${ENVIRONMENTS}\n${table(SCHEMA_HEAD, schemaRows(EnvironmentOptions))}${PLATFORMS}`,
    ...Object.entries(platforms).map(
      ([platform, options]) =>
        `\n### Options of ${platform}\n\n${table(SCHEMA_HEAD, schemaRows(options))}${note(platform)}`,
    ),
    "\n## Coming from BentoML\n\nKeys of BentoML's own bentofile that have no place here are errors that say what to do instead:\n\n",
    table(
      ["BentoML key", "instead"],
      Object.entries(BENTOML_KEYS).map(([key, advice]) => [code(key), sentence(advice)]),
    ),
  ].join("");
}

function note(platform: string): string {
  const text = NOTES[platform];
  return text === undefined ? "" : `\n${text}\n`;
}
