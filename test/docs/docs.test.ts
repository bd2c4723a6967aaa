/**
 * What the pages say holds: generated pages are fresh, commands parse, marked blocks run, code type-checks, links lead
 * somewhere.
 *
 * @module
 */
import { access, readFile } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { loadAdapter } from "../../adapters/registry.ts";
import { parseBentofile } from "../../core/bentofile-reader.ts";
import { leafCommands } from "../../scripts/docs/cli-page.ts";
import { COMMAND_EXAMPLES } from "../../scripts/docs/command-examples.ts";
import { commandTree, generatedPages } from "../../scripts/docs/pages.ts";
import { bentoCommands, isCommand, parseCommandLine } from "./command-lines.ts";
import { anchorsOf, localLinks, proseOf, REPOSITORY, readPages } from "./pages.ts";
import { notPrinted, runBlocks, runPage } from "./run-page.ts";
import { typeProblems } from "./type-check.ts";

const pages = await readPages();
const blocks = pages.flatMap((page) => page.blocks);
const blocksOf = (...languages: string[]) =>
  blocks.filter(({ language }) => languages.includes(language));

describe("generated pages", () => {
  it.each([...generatedPages()])("%s is what its sources give", async (path, text) => {
    expect(await readFile(join(REPOSITORY, path), "utf8")).toBe(text);
  });

  it("are the same text every time", () => {
    expect([...generatedPages()]).toEqual([...generatedPages()]);
  });

  it("have an example for each command and for no other", () => {
    const paths = leafCommands(commandTree()).map(({ path }) => path);
    expect(Object.keys(COMMAND_EXAMPLES).sort()).toEqual(paths.sort());
  });
});

describe("shell blocks", () => {
  const lines = blocksOf("bash", "sh").flatMap(({ where, text }) =>
    bentoCommands(text).map((words) => ({ where, line: words.join(" "), words })),
  );

  it.each(lines)("$where: bento $line", async ({ words }) => {
    await expect(parseCommandLine(words)).resolves.toBeUndefined();
  });

  it.each(["bento fly", "bento build --fast", "bento containerize", "bento completion tcsh"])(
    "would not let %j pass",
    async (line) => {
      const [words = []] = bentoCommands(line);
      await expect(parseCommandLine(words)).rejects.toThrow();
    },
  );

  it("are read as a shell reads them", () => {
    const script =
      'A=1 npx bento get "iris:v 1" -o tag 2>/dev/null | head # bento x\nTAG=$(bento build) && bento list &';
    expect(bentoCommands(script)).toEqual([["get", "iris:v 1", "-o", "tag"], ["build"], ["list"]]);
  });

  it("are output, shell or code of a known kind", () => {
    const kinds = ["", "bash", "sh", "text", "ts", "yaml", "json", "jsonl", "python", "dockerfile"];
    expect(blocks.filter(({ language }) => !kinds.includes(language))).toEqual([]);
  });
});

describe("commands in the text", () => {
  const named = pages.flatMap((page) =>
    [...proseOf(page).matchAll(/`bento ([a-z][a-z ]*)/g)].map(([, words = ""]) => ({
      path: page.path,
      words: words.trim().split(" "),
    })),
  );

  it.each(named)("$path: bento $words", ({ words }) => {
    expect(isCommand(words)).toBe(true);
  });
});

describe("marked blocks", () => {
  const runnable = pages.flatMap((page) => {
    const marked = runBlocks(page);
    return marked.length === 0 ? [] : [{ path: page.path, marked }];
  });

  it("are in README.md, with what they print", () => {
    const readme = runnable.find(({ path }) => path === "README.md");
    expect(readme?.marked.some(({ lines, said }) => lines.length + said.length > 0)).toBe(true);
  });

  it.each(runnable)(
    "of $path run and print what the page shows",
    { timeout: 120_000 },
    async ({ marked }) => {
      const outputs = await runPage(marked);
      const wrong = marked.flatMap((one, index) => {
        const output = outputs[index] ?? "";
        const missing = notPrinted(one, output);
        return missing.length === 0 ? [] : [{ where: one.block.where, missing, output }];
      });
      expect(wrong).toEqual([]);
    },
  );
});

describe("code blocks", () => {
  it("in TypeScript pass tsc", { timeout: 120_000 }, async () => {
    expect(await typeProblems(pages)).toEqual([]);
  });

  it.each(blocksOf("json"))("$where is JSON", ({ text }) => {
    expect(() => JSON.parse(text)).not.toThrow();
  });

  it.each(blocksOf("jsonl"))("$where is JSON, line by line", ({ text }) => {
    const lines = text.trim().split("\n");
    expect(() => lines.map((line) => JSON.parse(line))).not.toThrow();
  });

  it.each(blocksOf("yaml").filter(({ title }) => title === "bentofile.yaml"))(
    "$where is a bentofile, and its platforms take their options",
    async ({ where, text }) => {
      const { environments } = parseBentofile(text, where);
      for (const { platform = "", name: _, ...options } of Object.values(environments)) {
        const adapter = await loadAdapter(platform);
        expect(adapter.options.safeParse(options).error).toBeUndefined();
      }
    },
  );
});

describe("links", () => {
  const links = pages.flatMap((page) =>
    localLinks(page).map((target) => ({ from: page.path, target })),
  );

  it.each(links)("$from → $target leads somewhere", async ({ from, target }) => {
    const [file = "", anchor] = target.split("#");
    const path = file === "" ? from : normalize(join(dirname(from), file));
    await expect(access(join(REPOSITORY, path))).resolves.toBeUndefined();
    const page = pages.find((one) => one.path === path);
    if (anchor !== undefined) {
      expect(page === undefined ? [] : anchorsOf(page)).toContain(anchor);
    }
  });
});
