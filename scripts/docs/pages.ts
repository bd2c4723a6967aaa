/**
 * The generated pages of docs/: the same sources always give the same text.
 *
 * @module
 */
import { AwsEcsGpuOptions } from "../../adapters/aws-ecs-gpu/options.ts";
import { AwsLambdaOptions } from "../../adapters/aws-lambda/options.ts";
import { LocalOptions } from "../../adapters/local/options.ts";
import type { CliContext } from "../../cli/context.ts";
import { createProgram } from "../../cli/program.ts";
import { bentofilePage } from "./bentofile-page.ts";
import { cliPage } from "./cli-page.ts";

/** The command tree, with nothing around it: for reading and parsing, not for running. */
export function commandTree() {
  return createProgram(DETACHED, () => {});
}

/** Content by path from the repository's root. */
export function generatedPages(): ReadonlyMap<string, string> {
  return new Map([
    ["docs/cli.md", cliPage(commandTree())],
    ["docs/bentofile.md", bentofilePage(PLATFORM_OPTIONS)],
  ]);
}

const PLATFORM_OPTIONS = {
  local: LocalOptions,
  "aws-lambda": AwsLambdaOptions,
  "aws-ecs-gpu": AwsEcsGpuOptions,
};

const DETACHED: CliContext = {
  cwd: "/",
  environment: {},
  out: () => {},
  err: () => {},
  isTerminal: false,
  hasColour: false,
  signal: new AbortController().signal,
  ask: async () => undefined,
};
