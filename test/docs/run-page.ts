/**
 * Runs the blocks of a page that are marked to be run, in order and in one shell, as a reader would type them: in an
 * empty folder, with an empty home, `bento` on the path and a port of its own instead of 3000.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { chmod, glob, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { freePort } from "../../adapters/local/port.ts";
import { tempDir } from "../support/temp-dir.ts";
import { type Block, type Page, REPOSITORY } from "./pages.ts";

export interface RunBlock {
  readonly block: Block;
  /** Lines that stand in the page as its output; `…` stands for anything. */
  readonly lines: readonly string[];
  /** Texts that the paragraph below says it prints: "prints `…`". */
  readonly said: readonly string[];
}

/** Blocks with `run` after their language; a `text output` block right after one is what it prints. */
export function runBlocks({ blocks }: Page): RunBlock[] {
  return blocks.flatMap((block, index) => {
    if (block.language !== "bash" || block.title !== "run") {
      return [];
    }
    const next = blocks[index + 1];
    const isOutput = next?.language === "text" && next.title === "output";
    const lines = isOutput ? next.text.trim().split("\n") : [];
    const said = [...block.below.matchAll(/prints\s+`([^`]+)`/g)].map(([, text = ""]) => text);
    return [{ block: { ...block, text: withTexts(block.text, blocks) }, lines, said }];
  });
}

/** `cat > FILE  # the text above` writes the block of that title, as a reader would paste it. */
function withTexts(script: string, blocks: readonly Block[]): string {
  return script.replaceAll(/^cat > (\S+)\s+# the text above$/gm, (_line, file: string) => {
    const text = blocks.find(({ title }) => title === file)?.text ?? "";
    return `cat > ${file} <<'END OF TEXT'\n${text}END OF TEXT`;
  });
}

const MARK = "----- next block -----";

/**
 * @returns what each block printed, stdout and stderr together
 * @throws Error with all output when a command fails
 */
export async function runPage(blocks: readonly RunBlock[]): Promise<string[]> {
  await using home = await tempDir();
  const work = join(home.path, "work");
  const bin = join(home.path, "bin");
  await mkdir(work);
  await writeShims(bin);
  const port = await freePort("127.0.0.1");
  const script = blocks
    .map(({ block }) => block.text.replaceAll(/\b3000\b/g, String(port)))
    .join(`\necho '${MARK}'\n`);
  try {
    const output = await runScript(script, work, {
      PATH: `${bin}:${dirname(process.execPath)}:${process.env["PATH"]}`,
      HOME: home.path,
      BENTO_HOME: join(home.path, "bento-home"),
      NODE_OPTIONS: "--conditions=bentokit-source",
      PORT: String(port),
    });
    return output.replaceAll(String(port), "3000").split(`${MARK}\n`);
  } finally {
    await stopDeployments(join(home.path, "bento-home"));
  }
}

async function runScript(
  script: string,
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const child = spawn("bash", ["-euo", "pipefail", "-c", `exec 2>&1\n${script}`], {
    cwd,
    env: { ...env },
    detached: true, // with what it leaves in the background it is one group, ended as one
    stdio: ["ignore", "pipe", "ignore"], // one stream, so that lines keep their order
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const code = await new Promise<number | null>((done) => child.on("exit", done));
  endGroup(child.pid);
  if (code !== 0) {
    throw new Error(`the page's commands end with ${code}:\n${output}`);
  }
  return output;
}

function endGroup(pid: number | undefined): void {
  try {
    process.kill(-(pid ?? Number.NaN), "SIGKILL");
  } catch {
    // nothing was left in the background
  }
}

/** Local deployments outlive the shell that made them. */
async function stopDeployments(home: string): Promise<void> {
  for await (const file of glob("run/local/*/*/*.process.json", { cwd: home })) {
    const { pid } = JSON.parse(await readFile(join(home, file), "utf8"));
    process.kill(pid, "SIGKILL");
  }
}

async function writeShims(bin: string): Promise<void> {
  await mkdir(bin);
  const shims: Readonly<Record<string, string>> = {
    bento: `exec '${process.execPath}' '${REPOSITORY}/cli/main.ts' "$@"`,
    npx: `exec "$@"`,
    // packages come from this checkout, not from the network
    npm: `case "$1" in
  install|i|ci) mkdir -p node_modules && ln -sfn '${REPOSITORY}' node_modules/bentokit && ln -sfn '${REPOSITORY}/node_modules/zod' node_modules/zod ;;
  *) exec '${process.execPath}' "$(dirname "$(dirname '${process.execPath}')")/lib/node_modules/npm/bin/npm-cli.js" "$@" ;;
esac`,
  };
  for (const [name, text] of Object.entries(shims)) {
    await writeFile(join(bin, name), `#!/usr/bin/env bash\n${text}\n`);
    await chmod(join(bin, name), 0o755);
  }
  await symlink(process.execPath, join(bin, "node"));
}

/** What a page says that a block prints and it did not. Lines are sought in order. */
export function notPrinted({ lines, said }: RunBlock, output: string): string[] {
  let rest = output;
  const missing = lines.filter((line) => {
    const parts = line.trim().split("…");
    const pattern = parts.map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".*");
    const found = new RegExp(`^[ \\t]*${pattern}[ \\t]*$`, "m").exec(rest);
    rest = found === null ? rest : rest.slice(found.index + found[0].length);
    return found === null;
  });
  return [...missing, ...said.filter((text) => !output.includes(text))];
}
