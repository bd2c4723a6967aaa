/**
 * Whether what was brought up is what was planned and answers as it should: asked over its own surface, before it gets
 * traffic.
 *
 * @module
 */
import type { Candidate } from "../adapters/adapter.ts";
import { BentoError } from "../core/bento-error.ts";
import { firstDifference } from "./compare-json.ts";
import { type GoldenCase, goldenCases } from "./golden.ts";

const MOST_PROBLEMS = 5;
const ANSWER_MS = 60_000;

export interface VerifyRequest {
  readonly candidate: Required<Pick<Candidate, "send">> & Pick<Candidate, "url">;
  /** Of the bento, for its golden requests. */
  readonly directory: string;
  /** `name:version` that it must serve. */
  readonly tag: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * @returns how many golden requests were answered rightly
 * @throws BentoError BENTO_UNHEALTHY when it is not ready, serves another version, or an answer differs
 */
export async function verifyCandidate(request: VerifyRequest): Promise<number> {
  const cases = await goldenCases(request.directory);
  const problems = await readinessProblems(request);
  for (const golden of problems.length === 0 ? cases : []) {
    const problem = await goldenProblem(golden, request);
    if (problem !== undefined) {
      problems.push(problem);
    }
  }
  if (problems.length > 0) {
    const shown = problems.slice(0, MOST_PROBLEMS);
    if (problems.length > shown.length) {
      shown.push(`and ${problems.length - shown.length} more`);
    }
    throw new BentoError("BENTO_UNHEALTHY", shown.join("\n"), {
      where: request.candidate.url,
      hint: "repair the service or its golden requests, build and deploy again",
    });
  }
  return cases.length;
}

async function readinessProblems({ candidate, tag, signal }: VerifyRequest): Promise<string[]> {
  const answer = await ask(() => candidate.send("/readyz", { signal: limited(signal) }), signal);
  if (typeof answer === "string") {
    return [`GET /readyz: ${answer}`];
  }
  if (answer.status !== 200) {
    return [`GET /readyz: ${answer.status} ${short(answer.body)}`];
  }
  // Without the header, which a service may switch off, nothing is known and nothing is claimed.
  return answer.serves === null || answer.serves === tag
    ? []
    : [`it serves ${answer.serves} instead of ${tag}`];
}

async function goldenProblem(
  golden: GoldenCase,
  { candidate, signal }: VerifyRequest,
): Promise<string | undefined> {
  const init = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(golden.input),
    signal: limited(signal),
  };
  const answer = await ask(() => candidate.send(`/${golden.api}`, init), signal);
  if (typeof answer === "string") {
    return `${golden.where}: ${answer}`;
  }
  if (answer.status !== 200) {
    return `${golden.where}: ${answer.status} ${short(answer.body)}`;
  }
  let body: unknown;
  try {
    body = JSON.parse(answer.body);
  } catch {
    return `${golden.where}: not JSON: ${short(answer.body)}`;
  }
  const found = firstDifference(golden.output, body, { tolerance: golden.tolerance });
  return found === undefined
    ? undefined
    : `${golden.where}: ${found.path}: expected ${found.expected}, got ${found.actual}`;
}

interface Answer {
  readonly status: number;
  readonly serves: string | null;
  readonly body: string;
}

/** The answer, or in words why there is none. */
async function ask(
  send: () => Promise<Response>,
  signal: AbortSignal | undefined,
): Promise<Answer | string> {
  try {
    const response = await send();
    const body = await response.text();
    return { status: response.status, serves: response.headers.get("x-bento"), body };
  } catch (error) {
    signal?.throwIfAborted();
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return `no answer: ${cause instanceof Error ? cause.message : String(cause)}`;
  }
}

function limited(signal: AbortSignal | undefined): AbortSignal {
  const limit = AbortSignal.timeout(ANSWER_MS);
  return signal === undefined ? limit : AbortSignal.any([signal, limit]);
}

function short(body: string): string {
  const line = body.replaceAll(/\s+/g, " ").trim();
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}
