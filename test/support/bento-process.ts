/**
 * `bento` as a process of its own against AWS on loopback: what it says, the calls that it makes, and its end by force.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { AwsCall } from "./aws/aws-call.ts";
import type { LoopbackAws } from "./aws/start-aws.ts";
import type { TestCli } from "./cli.ts";
import { MAIN } from "./cli-process.ts";

export interface Ran {
  readonly exitCode: number | null;
  readonly out: string;
  readonly err: string;
  /** Calls of AWS that it made. */
  readonly calls: readonly AwsCall[];
}

export interface BentoProcess {
  readonly ended: Promise<Ran>;
  /** Resolves once stderr has the text. */
  said(text: string): Promise<void>;
  /** Ends it at once. */
  kill(): void;
  /** As Ctrl-C does. */
  interrupt(): void;
}

export interface BentoSurroundings {
  readonly cli: TestCli;
  readonly aws: LoopbackAws;
  /** Who runs it. @default one with all rights */
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

/** @param line - its words split at spaces */
export function startBento(
  line: string,
  { cli, aws, environment = aws.environment }: BentoSurroundings,
): BentoProcess {
  const before = aws.calls.length;
  const child = spawn(
    process.execPath,
    ["--conditions=bentokit-source", MAIN, ...line.split(" ")],
    {
      cwd: cli.work,
      env: {
        PATH: process.env["PATH"],
        BENTO_HOME: cli.home,
        DOCKER_CONFIG: cli.home,
        USER: "tester",
        ...environment,
      },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const text = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    text.out += part;
  });
  child.stderr.setEncoding("utf8").on("data", (part: string) => {
    text.err += part;
  });
  return {
    ended: once(child, "close").then(([exitCode]) => ({
      exitCode,
      ...text,
      calls: aws.calls.slice(before),
    })),
    async said(wanted) {
      while (!text.err.includes(wanted)) {
        await once(child.stderr, "data");
      }
    },
    kill: () => void child.kill("SIGKILL"),
    interrupt: () => void child.kill("SIGINT"),
  };
}
