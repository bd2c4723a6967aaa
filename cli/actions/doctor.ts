/**
 * Looks whether a deploy could go through, and says what stands in its way. Writes nothing.
 *
 * @module
 */
import { basename } from "node:path";
import type { Finding } from "../../adapters/adapter.ts";
import { cloudName } from "../../core/cloud-name.ts";
import type { CliContext } from "../context.ts";
import { homeOf } from "../context.ts";
import { placeOf } from "../deployment-key.ts";
import {
  baseFinding,
  nodeFinding,
  packagesFinding,
  platformFindings,
  storeFinding,
} from "../doctor-checks.ts";
import { printDocument } from "../output.ts";

export interface DoctorFlags {
  readonly platform?: string;
  readonly env: string;
  readonly name?: string;
  readonly set?: readonly string[];
  readonly base?: string;
  readonly store?: string;
  readonly json?: boolean;
}

const SIGNS = { fine: "✓", warning: "!", problem: "✗" } as const;
const PROBLEMS = 5;

/** @returns the exit code */
export async function doctor(context: CliContext, flags: DoctorFlags): Promise<number> {
  const { adapter, given } = await placeOf(context, flags);
  const { parseOptions } = await import("../../deploy/options.ts");
  const { options = {}, sets = [] } = given;
  const parsed = parseOptions(adapter, options, sets);
  const packages = await packagesFinding(context, adapter);
  const findings: Finding[] = [
    nodeFinding(),
    packages,
    await storeFinding(context, flags.store),
    ...(adapter.capabilities.runs === "bento"
      ? []
      : [await baseFinding(context, await baseOf(context, flags))]),
  ];
  if (packages.state === "fine") {
    const name = cloudName(flags.name ?? (basename(context.cwd) || "bento"), adapter.nameLimit);
    const surroundings = { home: homeOf(context), projectDirectory: context.cwd };
    const place = { environment: flags.env, name, details: undefined, options: parsed };
    const { environment: ambient, signal } = context;
    findings.push(
      ...(await platformFindings(adapter, {
        ...{ ...place, ...surroundings, ambient, signal },
        onProgress: () => {},
      })),
    );
  }
  const isReady = findings.every(({ state }) => state !== "problem");
  if (flags.json === true) {
    await printDocument(context, { platform: adapter.platform, isReady, findings }, "json");
  } else {
    context.out(findings.map(line).join(""));
    if (adapter.check === undefined) {
      context.err(`${adapter.platform} has nothing of its own to check\n`);
    }
  }
  return isReady ? 0 : PROBLEMS;
}

async function baseOf(context: CliContext, flags: DoctorFlags): Promise<string | undefined> {
  const { readBentofile } = await import("../../packager/project.ts");
  return flags.base ?? (await readBentofile(context.cwd)).docker.base;
}

function line({ check, state, summary, hint }: Finding): string {
  const advice = hint === undefined ? "" : `    do: ${hint}\n`;
  return `${SIGNS[state]} ${check}  ${summary}\n${advice}`;
}
