import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { BentoError, ERROR_CODES, type ErrorCode } from "../../core/bento-error.ts";
import { parseBentofile } from "../../core/bentofile-reader.ts";
import { formatError } from "../../core/format-error.ts";
import { parseTag } from "../../core/tag.ts";
import { define } from "../support/service-options.ts";
import { REPOSITORY, sourcesOf } from "../support/sources.ts";

const page = readFileSync(join(REPOSITORY, "docs/errors.md"), "utf8");

/** The text below each heading of a code. */
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [heading = "", ...lines] = section.split("\n");
      return [heading, lines.join("\n").trim()];
    }),
);

/** Calls that raise the errors which the page shows, where that takes no more than a call. */
const EXAMPLES: Partial<Record<ErrorCode, () => unknown>> = {
  BENTO_INVALID_INPUT: () => parseTag("Iris:V1"),
  BENTO_INVALID_CONFIG: () =>
    parseBentofile("servce: service.ts\nlabels:\n  stage: 3\n", "bentofile.yaml"),
  BENTO_INVALID_SERVICE: () =>
    define({
      name: "iris_classifier",
      resources: { cpu: "1" },
      apis: ({ batch }: { batch(options: object): object }) => ({
        classify: batch({
          parameter: "features",
          row: z.number(),
          result: z.string(),
          max_batch_size: 32,
          run: () => [],
        }),
      }),
    }),
};

function shown(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (BentoError.isInstance(error)) {
      return formatError(error, false);
    }
  }
  return "no error";
}

describe("docs/errors.md", () => {
  it("has a heading for each code, in the table's order, and no other", () => {
    expect([...sections.keys()]).toEqual(Object.keys(ERROR_CODES));
  });

  it.each(Object.entries(ERROR_CODES))("says what %s turns into", (code, edges) => {
    const [first] = (sections.get(code) ?? "").split("\n");
    expect(first).toBe(`Exit code ${edges.exit} · HTTP status ${edges.status} · ${edges.title}.`);
  });

  it.each(Object.keys(ERROR_CODES))("says of %s what it means, an example, what to do", (code) => {
    const [, meaning, example, advice, ...more] = (sections.get(code) ?? "").split(/\n\n(?=\S)/);
    expect(meaning).toMatch(/^[A-Z].*\.$/s);
    expect(example).toMatch(
      /^```\nerror: [^\n]+\n(?: {7}[^\n]+\n)*(?: {2}at: [^\n]+\n)?(?: {2}do: [^\n]+\n)?```$/,
    );
    expect(advice).toMatch(/^[A-Z]/);
    expect(more).toEqual([]);
  });

  it.each(Object.entries(EXAMPLES))("shows of %s what is shown in truth", (code, act) => {
    expect(sections.get(code)?.split("```\n")[1]).toBe(shown(act));
  });
});

describe("ERROR_CODES", () => {
  it("has every code that the sources name", async () => {
    const folders =
      "{adapters,cli,client,core,deploy,handler,infra,model-store,oci,packager,testing}";
    const sources = await sourcesOf([`${folders}/**/*.ts`]);
    const named = sources.flatMap(({ path, text }) =>
      [...text.matchAll(/(?:BentoError\(\s*"|@throws BentoError )(BENTO_[A-Z_]+)/g)].map(
        ([, code = ""]) => ({ path, code }),
      ),
    );
    expect(named.filter(({ code }) => !Object.hasOwn(ERROR_CODES, code))).toEqual([]);
  });
});
