import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { testCli } from "../support/cli.ts";

async function script(shell: string): Promise<string> {
  await using cli = await testCli();
  return (await cli.bento(`completion ${shell}`)).out;
}

/** What bash offers after a line; the last word is the one that is being typed. */
async function completions(line: string): Promise<string[]> {
  const words = line.split(" ");
  const source = `${await script("bash")}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")})
COMP_CWORD=${words.length - 1}
_bento
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const shown = execFileSync("bash", ["-uc", source], { encoding: "utf8" });
  return shown.split("\n").filter((word) => word !== "");
}

describe("bento completion bash", () => {
  it.each([
    ["bento bu", ["build"]],
    ["bento mod", ["models"]],
    ["bento models im", ["import"]],
    ["bento models import x.onnx --na", ["--name"]],
    ["bento models import x.onnx --meta", ["--metadata", "--metadata-file"]],
    ["bento deployment pr", ["prune"]],
    ["bento deploy --pl", ["--platform", "--plan"]],
    ["bento list --", ["--output", "--store", "--json", "--help"]],
    ["bento help mod", ["models"]],
    ["bento models help ex", ["export"]],
    ["bento completion ", ["bash", "zsh", "fish", "--help"]],
    ["bento frobnicate --x", []],
  ])("completes %j", async (line, expected) => {
    expect(await completions(line)).toEqual(expected);
  });

  it("offers every command at the top", async () => {
    expect(await completions("bento ")).toMatchInlineSnapshot(`
      [
        "init",
        "models",
        "types",
        "serve",
        "profile",
        "build",
        "list",
        "get",
        "delete",
        "export",
        "import",
        "push",
        "pull",
        "containerize",
        "image",
        "repin",
        "base",
        "deploy",
        "deployment",
        "doctor",
        "completion",
        "help",
        "--version",
        "--help",
      ]
    `);
  });

  it("registers itself for bento", async () => {
    const source = `${await script("bash")}\ncomplete -p bento`;
    expect(execFileSync("bash", ["-euc", source], { encoding: "utf8" })).toBe(
      "complete -o default -F _bento bento\n",
    );
  });
});

describe("bento completion zsh and fish", () => {
  it("are scripts for these shells", async () => {
    expect((await script("zsh")).split("\n")[0]).toBe(
      "autoload -U +X bashcompinit && bashcompinit",
    );
    expect((await script("fish")).split("\n").slice(0, 3)).toMatchInlineSnapshot(`
      [
        "complete -c bento -n __fish_use_subcommand -a "init models types serve profile build list get delete export import push pull containerize image repin base deploy deployment doctor completion help --version --help"",
        "complete -c bento -n "string match -q -- 'bento deployment complete *' (commandline -cp)" -a "--platform --env --set --store --json --help"",
        "complete -c bento -n "string match -q -- 'bento deployment rollback *' (commandline -cp)" -a "--platform --env --set --store --json --to --move-alias --no-move-alias --yes --help"",
      ]
    `);
  });
});
