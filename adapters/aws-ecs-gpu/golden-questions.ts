/**
 * What a new version is asked in a task of its own: whether it is ready, and the golden requests of its bento.
 *
 * @module
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import type { Candidate } from "../adapter.ts";
import type { Answer, Question } from "./ask-task.ts";

const Golden = z.object({ input: z.unknown() });

/** @param directory - of the bento; without `golden/` it is only asked whether it is ready */
export async function goldenQuestions(directory: string): Promise<readonly Question[]> {
  const folder = join(directory, "golden");
  const names = await readdir(folder).catch(() => []);
  const questions: Question[] = [{ method: "GET", path: "/readyz" }];
  for (const name of names.filter((one) => one.endsWith(".jsonl")).sort()) {
    const lines = (await readFile(join(folder, name), "utf8")).split("\n");
    for (const line of lines.filter((one) => one.trim() !== "")) {
      const body = JSON.stringify(Golden.parse(JSON.parse(line)).input);
      questions.push({ method: "POST", path: `/${name.slice(0, -".jsonl".length)}`, body });
    }
  }
  return questions;
}

/**
 * Answers what was asked already: all questions go to one task, when the first answer is wanted.
 *
 * @param ask - called once
 */
export function answering(
  questions: readonly Question[],
  ask: () => Promise<readonly Answer[]>,
): NonNullable<Candidate["send"]> {
  let asked: Promise<readonly Answer[]> | undefined;
  return async (path, init = {}) => {
    const { method = "GET", body } = init;
    const index = questions.findIndex(
      (one) => one.method === method && one.path === path && one.body === (body ?? undefined),
    );
    asked ??= ask();
    const answer = (await asked)[index];
    if (answer === undefined) {
      throw new Error(`nobody has asked ${method} ${path}`);
    }
    return new Response(answer.body === "" ? null : answer.body, {
      status: answer.status,
      headers: answer.serves === null ? {} : { "x-bento": answer.serves },
    });
  };
}
