/**
 * The pages that readers have: README.md and docs/*.md, and the fenced blocks, links and headings in them.
 *
 * @module
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

export interface Block {
  /** Page and line of its fence, e.g. `docs/models.md:12`. */
  readonly where: string;
  /** First word after the fence. */
  readonly language: string;
  /** What follows it: `run`, `output`, or the name of a file. */
  readonly title: string;
  readonly text: string;
  /** The paragraph below it. */
  readonly below: string;
}

export interface Page {
  /** From the repository's root, e.g. `docs/models.md`. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
}

/** README.md, docs/*.md and docs/decisions/*.md. */
export async function readPages(): Promise<Page[]> {
  const docs = await readdir(join(REPOSITORY, "docs"), { recursive: true });
  const paths = ["README.md", ...docs.map((name) => `docs/${name}`)].filter((path) =>
    path.endsWith(".md"),
  );
  return Promise.all(
    paths.sort().map(async (path) => {
      const text = await readFile(join(REPOSITORY, path), "utf8");
      return { path, text, blocks: [...blocksOf(path, text)] };
    }),
  );
}

function* blocksOf(path: string, text: string): Generator<Block> {
  let open: { indent: string; fence: string; info: string; line: number } | undefined;
  let lines: string[] = [];
  const all = text.split("\n");
  for (const [index, line] of all.entries()) {
    const [, indent = "", fence = "", info = ""] = /^(\s*)(`{3,})(.*)$/.exec(line) ?? [];
    if (open === undefined && fence !== "") {
      open = { indent, fence, info: info.trim(), line: index + 1 };
      lines = [];
    } else if (open !== undefined && fence === open.fence && info.trim() === "") {
      const [language = "", ...title] = open.info.split(/\s+/);
      const where = `${path}:${open.line}`;
      const below =
        all
          .slice(index + 1)
          .join("\n")
          .trimStart()
          .split("\n\n", 1)[0] ?? "";
      yield { where, language, title: title.join(" "), text: `${lines.join("\n")}\n`, below };
      open = undefined;
    } else if (open !== undefined) {
      lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line);
    }
  }
}

/** The page without its fenced blocks. */
export function proseOf({ text }: Page): string {
  return text.replaceAll(/^(\s*)(`{3,})[^\n]*\n[\s\S]*?\n\1\2[ \t]*$/gm, "");
}

/** Targets of all links of a page that lead to no other site. */
export function localLinks(page: Page): string[] {
  return [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

/** The anchors that a page's headings have, as GitHub makes them. */
export function anchorsOf(page: Page): string[] {
  return [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replaceAll(" ", "-"),
  );
}
