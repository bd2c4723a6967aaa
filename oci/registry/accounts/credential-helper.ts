/**
 * Asks a `docker-credential-*` program for an account: the server's name on its input, a JSON document on its output.
 *
 * @module
 */
import { spawn } from "node:child_process";
import * as z from "zod";
import { BentoError } from "../../../core/bento-error.ts";
import { collect } from "../../chunks.ts";
import type { Credentials } from "../credentials.ts";

export interface HelperRequest {
  /** As the program knows it: a host, or Docker's own address. */
  readonly server: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

/** The program has no account for the server. */
export const nothingStored = undefined;

const HelperAnswer = z.object({ Username: z.string(), Secret: z.string() });
const NAME = /^[\w.-]+$/;
/** Instead of a user's name, when the secret is an identity token. */
const TOKEN_USER = "<token>";
const TIMEOUT_MS = 30_000;
const ANSWER_LIMIT_BYTES = 1024 * 1024;

/**
 * @param helper - the part after `docker-credential-`
 * @returns undefined when it has no account for the server
 * @throws BentoError BENTO_IO when the program is not there, fails or answers something else
 */
export async function runHelper(
  helper: string,
  { server, environment, signal }: HelperRequest,
): Promise<Credentials | undefined> {
  const program = `docker-credential-${helper}`;
  if (!NAME.test(helper)) {
    throw failed(program, server, "not the name of a program");
  }
  const deadline = AbortSignal.timeout(TIMEOUT_MS);
  const child = spawn(program, ["get"], {
    env: { ...environment },
    stdio: ["pipe", "pipe", "ignore"],
    signal: signal === undefined ? deadline : AbortSignal.any([deadline, signal]),
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  child.stdin.on("error", () => {}); // a program that does not read says why by its end
  child.stdin.end(server);
  let output: Buffer;
  let code: number | null;
  try {
    [output, code] = await Promise.all([collect(child.stdout, ANSWER_LIMIT_BYTES, program), ended]);
  } catch (error) {
    signal?.throwIfAborted();
    throw failed(program, server, reasonOf(error, deadline), error);
  }
  return readAnswer(output.toString("utf8"), { program, server, isDone: code === 0 });
}

function readAnswer(
  text: string,
  { program, server, isDone }: { program: string; server: string; isDone: boolean },
): Credentials | undefined {
  if (!isDone) {
    if (/credentials not found/i.test(text)) {
      return nothingStored;
    }
    throw failed(program, server, text.trim().split("\n")[0] || "it failed");
  }
  try {
    const { Username, Secret } = HelperAnswer.parse(JSON.parse(text));
    return Username === TOKEN_USER
      ? { kind: "identity-token", token: Secret }
      : { kind: "password", username: Username, password: Secret };
  } catch {
    throw failed(program, server, "its answer is no account"); // the answer itself may hold a secret
  }
}

function reasonOf(error: unknown, deadline: AbortSignal): string {
  if (deadline.aborted) {
    return `no answer in ${TIMEOUT_MS} ms`;
  }
  const isAbsent = error instanceof Error && "code" in error && error.code === "ENOENT";
  return isAbsent ? "not on the search path" : String(error);
}

function failed(program: string, server: string, reason: string, cause?: unknown): BentoError {
  return new BentoError("BENTO_IO", `${program} gives no account for ${server}: ${reason}`, {
    where: program,
    hint: "install the program, or take its name out of docker's config.json and log in again",
    cause,
  });
}
