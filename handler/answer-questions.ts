/**
 * Requests that come with the start of a process, answered by the service itself and printed: for a one-off task that
 * nobody reaches from outside, whose log is all that is seen of it.
 *
 * @module
 */
import { gunzipSync } from "node:zlib";
import { BentoError } from "../core/bento-error.ts";

/** A request, with a JSON body where there is one. */
interface Question {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
}

/** Longest wait for one answer. */
const ANSWER_MS = 60_000;

/**
 * @param text - base64 of gzipped JSON, a list of questions
 * @param url - where the service listens
 * @param print - gets a line of JSON for each, in their order: `{bentoAnswer: <index>, status, serves, body}`
 * @throws BentoError BENTO_INVALID_INPUT for what is no such list
 */
export async function answerQuestions(
  text: string,
  url: string,
  print: (line: string) => void,
): Promise<void> {
  const questions = readQuestions(text);
  for (const [index, { method, path, body }] of questions.entries()) {
    const response = await fetch(new URL(path, url), {
      method,
      headers: { "content-type": "application/json" },
      signal: AbortSignal.timeout(ANSWER_MS),
      ...(body === undefined ? {} : { body }),
    });
    const { status, headers } = response;
    const answer = { bentoAnswer: index, status, serves: headers.get("x-bento") };
    print(JSON.stringify({ ...answer, body: await response.text() }));
  }
}

function readQuestions(text: string): readonly Question[] {
  try {
    const questions: unknown = JSON.parse(gunzipSync(Buffer.from(text, "base64")).toString());
    if (Array.isArray(questions) && questions.every(isQuestion)) {
      return questions;
    }
  } catch (cause) {
    throw new BentoError("BENTO_INVALID_INPUT", "BENTO_QUESTIONS holds no questions", {
      where: "BENTO_QUESTIONS",
      hint: "leave it out: bento deploy alone sets it, for tasks that check a new version",
      cause,
    });
  }
  throw new BentoError("BENTO_INVALID_INPUT", "BENTO_QUESTIONS holds no questions", {
    where: "BENTO_QUESTIONS",
    hint: "leave it out: bento deploy alone sets it, for tasks that check a new version",
  });
}

function isQuestion(value: unknown): value is Question {
  return (
    typeof value === "object" &&
    value !== null &&
    "method" in value &&
    typeof value.method === "string" &&
    "path" in value &&
    typeof value.path === "string"
  );
}
