/**
 * The command line without a process: a home and a working folder of its own, everything it writes kept, and every
 * place and measurement that differs from run to run replaced by a word, so that tests compare whole texts.
 *
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { CliContext } from "../../cli/context.ts";
import { run } from "../../cli/run.ts";
import { tempDir } from "./temp-dir.ts";

export interface CliRun {
  readonly exitCode: number;
  /** stdout */
  readonly out: string;
  /** stderr */
  readonly err: string;
}

export interface CliSurroundings {
  /** Relative to the working folder. @default "." */
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** What the user types, in order; left out, nobody can be asked. Questions stand in `err`. */
  readonly answers?: readonly string[];
  readonly signal?: AbortSignal;
  /** Whether a person watches stderr. @default false */
  readonly isTerminal?: boolean;
  /** Called for each text on stderr, as it comes. */
  readonly onErr?: (text: string) => void;
}

export interface TestCli extends AsyncDisposable {
  /** The working folder, `WORK` in what is written. */
  readonly work: string;
  /** BENTO_HOME, `HOME` in what is written; not made yet. */
  readonly home: string;
  /** Runs one command line, split at spaces. */
  bento(line: string, surroundings?: CliSurroundings): Promise<CliRun>;
  /** Runs a command that a test needs to have worked. @throws with its stderr when it did not */
  must(line: string): Promise<CliRun>;
  /** What a person sees of one command: the exit code, stdout behind `| `, stderr as it is. */
  seen(line: string, surroundings?: CliSurroundings): Promise<string>;
  /** What a command prints on stdout, with nothing replaced in it. */
  raw(line: string): Promise<string>;
  /** The JSON document that a command prints, with nothing replaced in it. */
  document(line: string): Promise<unknown>;
  /** Runs one command, word by word. */
  run(argv: readonly string[], surroundings?: CliSurroundings): Promise<CliRun>;
  /** Writes a file into the working folder. @returns its absolute path */
  write(path: string, content: string | Uint8Array): Promise<string>;
}

/** `await using cli = await testCli()` */
export async function testCli(): Promise<TestCli> {
  const root = await tempDir();
  const work = join(root.path, "work");
  const home = join(root.path, "home");
  await mkdir(work);
  const cli: TestCli = {
    work,
    home,
    bento: (line, surroundings) => cli.run(line.split(" "), surroundings),
    async must(line) {
      const done = await cli.bento(line);
      if (done.exitCode !== 0) {
        throw new Error(`bento ${line}: ${transcript(done)}`);
      }
      return done;
    },
    seen: async (line, surroundings) => transcript(await cli.bento(line, surroundings)),
    async raw(line) {
      const written = { out: "", err: "" };
      await run(line.split(" "), contextOf({ work, home, written }, {}));
      return written.out;
    },
    document: async (line) => JSON.parse(await cli.raw(line)),
    async run(argv, surroundings = {}) {
      const written = { out: "", err: "" };
      const exitCode = await run(argv, contextOf({ work, home, written }, surroundings));
      const scrub = (text: string) => scrubbed(text, { work, home });
      return { exitCode, out: scrub(written.out), err: scrub(written.err) };
    },
    async write(path, content) {
      const file = resolve(work, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
      return file;
    },
    [Symbol.asyncDispose]: () => root[Symbol.asyncDispose](),
  };
  return cli;
}

/** See {@link TestCli.seen}. */
export function transcript({ exitCode, out, err }: CliRun): string {
  const shown = out === "" ? "" : `| ${out.trimEnd().replaceAll("\n", "\n| ")}\n`;
  return `exit ${exitCode}\n${shown}${err}`.replaceAll(/[ \t]+$/gm, "");
}

interface Places {
  readonly work: string;
  readonly home: string;
}

function contextOf(
  { work, home, written }: Places & { written: { out: string; err: string } },
  surroundings: CliSurroundings,
): CliContext {
  const answers = [...(surroundings.answers ?? [])];
  return {
    cwd: resolve(work, surroundings.cwd ?? "."),
    environment: {
      PATH: process.env["PATH"] ?? "",
      BENTO_HOME: home,
      DOCKER_CONFIG: home, // accounts of whoever runs the tests are none of theirs
      USER: "tester",
      ...surroundings.environment,
    },
    out: (text) => {
      written.out += text;
    },
    err: (text) => {
      written.err += text;
      surroundings.onErr?.(text);
    },
    isTerminal: surroundings.isTerminal ?? false,
    hasColour: false,
    signal: surroundings.signal ?? new AbortController().signal,
    async ask(question) {
      if (surroundings.answers === undefined) {
        return undefined;
      }
      written.err += `${question}\n`;
      return answers.shift() ?? "";
    },
  };
}

/** Places, times, digests, free ports and the versions that bentos get from their content become words. */
export function scrubbed(text: string, { work, home }: Places): string {
  return text
    .replaceAll(work, "WORK")
    .replaceAll(home, "HOME")
    .replaceAll(process.cwd(), "REPOSITORY")
    .replaceAll(/\b(build|serve|import)-\w{6}\b/g, "$1-RANDOM")
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "ID")
    .replaceAll(/sha256:[0-9a-f]{64}/g, "sha256:DIGEST")
    .replaceAll(/sha256:[0-9a-f]{12}\b/g, "sha256:SHORT")
    .replaceAll(/\b[0-9a-f]{16}\b/g, "VERSION")
    .replaceAll(/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+Z)?/g, "TIME")
    .replaceAll(/\b\d+(\.\d+)? (ms|s|min)\b/g, "TIME")
    .replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:PORT");
}
