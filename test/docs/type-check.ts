/**
 * Type-checks the TypeScript blocks of all pages in one project, which resolves `bentokit` to its sources.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { tempDir } from "../support/temp-dir.ts";
import { type Page, REPOSITORY } from "./pages.ts";

const TSCONFIG = {
  compilerOptions: {
    target: "ES2024",
    lib: ["ES2024", "ESNext.Disposable", "ESNext.Array"],
    module: "NodeNext",
    customConditions: ["bentokit-source"],
    types: ["node"],
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    noEmit: true,
  },
};

/**
 * Each page is a folder. A block with a title is the file of that name there, so that other blocks import it.
 *
 * @returns what tsc says, a line each; empty when all is well
 */
export async function typeProblems(pages: readonly Page[]): Promise<string[]> {
  await using project = await tempDir();
  for (const name of ["zod", "@types", "vitest", "aws-cdk-lib", "constructs", "hono"]) {
    await link(join(REPOSITORY, "node_modules", name), join(project.path, "node_modules", name));
  }
  await link(REPOSITORY, join(project.path, "node_modules", "bentokit"));
  await writeFile(join(project.path, "package.json"), '{"type": "module"}');
  await writeFile(join(project.path, "tsconfig.json"), JSON.stringify(TSCONFIG));
  for (const { path, blocks } of pages) {
    for (const block of blocks.filter(({ language }) => language === "ts")) {
      const line = block.where.split(":").at(-1);
      const file = join(project.path, path.replace(/\.md$/, ""), block.title || `line-${line}.ts`);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, `${block.text}\nexport {};\n`, { flag: "wx" });
    }
  }
  const tsc = join(REPOSITORY, "node_modules", ".bin", "tsc");
  return await promisify(execFile)(tsc, ["--project", project.path, "--pretty", "false"], {
    cwd: project.path,
    env: { PATH: `${dirname(process.execPath)}:${process.env["PATH"]}` },
  }).then(
    () => [],
    (error: { stdout?: string; message: string }) =>
      (error.stdout || error.message).trim().split("\n"),
  );
}

async function link(target: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await symlink(target, path);
}
