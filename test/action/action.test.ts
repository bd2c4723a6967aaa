/**
 * The GitHub Action: its file against its script, its script against a real store, and the example workflows.
 */
import { execFile } from "node:child_process";
import { access, chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { commandLine } from "../../action/command-line.ts";
import { formatOutputs, outputsOf } from "../../action/outputs.ts";
import { parseCommandLine } from "../docs/command-lines.ts";
import { type TestCli, testCli } from "../support/cli.ts";
import { MAIN } from "../support/cli-process.ts";
import { writeGreeter, writeModel } from "../support/cli-projects.ts";
import { REPOSITORY } from "../support/sources.ts";
import { missingTools } from "../support/tools.ts";

const run = promisify(execFile);
const WORKFLOWS = join(REPOSITORY, "examples", "workflows");

const Step = z.strictObject({
  id: z.string().optional(),
  name: z.string().optional(),
  if: z.string().optional(),
  uses: z
    .string()
    .regex(/^[\w.-]+\/[\w.-]+@v\d+$/, "pinned by its major version")
    .optional(),
  with: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  run: z.string().optional(),
  shell: z.literal("bash").optional(),
  "working-directory": z.string().optional(),
  env: z.record(z.string(), z.string()).optional(),
});

const Action = z.strictObject({
  name: z.string(),
  description: z.string().max(125),
  branding: z.strictObject({ icon: z.string(), color: z.string() }),
  inputs: z.record(
    z.string().regex(/^[a-z]+(?:-[a-z]+)*$/),
    z.strictObject({
      description: z.string().min(10),
      required: z.boolean().optional(),
      default: z.string().optional(),
    }),
  ),
  outputs: z.record(z.string(), z.strictObject({ description: z.string(), value: z.string() })),
  runs: z.strictObject({ using: z.literal("composite"), steps: z.array(Step) }),
});

const Workflow = z.strictObject({
  name: z.string(),
  on: z.record(z.string(), z.unknown()),
  permissions: z.record(z.string(), z.enum(["read", "write", "none"])),
  concurrency: z.string(),
  env: z.record(z.string(), z.string()),
  jobs: z.record(
    z.string(),
    z.strictObject({
      if: z.string().optional(),
      "runs-on": z.string(),
      environment: z.string(),
      steps: z.array(Step),
    }),
  ),
});

const action = Action.parse(parse(await readFile(join(REPOSITORY, "action.yml"), "utf8")));
const workflows = await Promise.all(
  (await readdir(WORKFLOWS)).sort().map(async (name) => ({
    name,
    workflow: Workflow.parse(parse(await readFile(join(WORKFLOWS, name), "utf8"))),
  })),
);

/** Every input with its default, as GitHub hands them over. */
function inputs(given: Readonly<Record<string, string>>): Record<string, string> {
  const defaults = Object.entries(action.inputs).map(([name, input]) => [
    name,
    input.default ?? "",
  ]);
  return { ...Object.fromEntries(defaults), ...given };
}

describe("action.yml", () => {
  it("names an input for each that the script reads, and no other", async () => {
    const script = await Promise.all(
      ["command-line.ts", "main.ts"].map((file) =>
        readFile(join(REPOSITORY, "action", file), "utf8"),
      ),
    );
    const others = action.runs.steps.flatMap((step) => JSON.stringify(step));
    const unread = Object.keys(action.inputs).filter(
      (name) => !script.join().includes(`"${name}"`) && !others.join().includes(`inputs.${name}`),
    );
    expect(unread.filter((name) => name !== "version")).toEqual([]);
  });

  it("gives the outputs that the script writes", () => {
    const written = Object.keys(outputsOf({}));
    expect(Object.entries(action.outputs).map(([name, { value }]) => [name, value])).toEqual(
      written.map((name) => [name, `\${{ steps.bento.outputs.${name} }}`]),
    );
  });

  it("puts no input into a script", () => {
    const scripts = action.runs.steps.map((step) => step.run ?? "");
    expect(scripts.filter((script) => script.includes("${{"))).toEqual([]);
  });
});

describe("commandLine", () => {
  it.each([
    [
      {
        ...{ command: "import", file: "a.onnx", name: "iris", "model-version": "v1" },
        ...{ labels: "a=1\n\n  b=2 \n", metadata: "accuracy=0.9", store: "s3://acme/models" },
      },
      "models import --name=iris --version=v1 --label=a=1 --label=b=2 --metadata=accuracy=0.9 --store=s3://acme/models --json -- a.onnx",
    ],
    [
      {
        ...{ command: "promote", model: "iris:v1", to: "production", from: "staging" },
        ...{ require: "accuracy>=0.9\nchurn<=1%", rows: "rows.jsonl", expect: "none" },
      },
      "models promote --to=production --from=staging --on=rows.jsonl --expect=none --require=accuracy>=0.9 --require=churn<=1% --json -- iris:v1",
    ],
    [{ command: "build" }, "build --json -- ."],
    [
      { command: "deploy", environment: "prod", models: "iris=iris:production" },
      "deploy --env=prod --model=iris=iris:production --yes --json --",
    ],
    [
      { command: "deploy", bento: "iris:latest", platform: "local", plan: "true" },
      "deploy --platform=local --plan --json -- iris:latest",
    ],
  ])("of %j is a line that bento reads", async (given, line) => {
    const words = commandLine(inputs(given));
    expect(words.join(" ")).toBe(line);
    await parseCommandLine(words);
  });

  it.each([
    [
      { command: "destroy" },
      'command is "destroy"; expected one of import, promote, build, deploy',
    ],
    [
      { command: "toString" },
      'command is "toString"; expected one of import, promote, build, deploy',
    ],
    [{ command: "promote", model: "iris:v1" }, "promote needs the inputs to"],
    [{ command: "import" }, "import needs the inputs file, name"],
  ])("refuses %j", (given, message) => {
    expect(() => commandLine(inputs(given))).toThrow(message);
  });

  it("makes no option of a value", () => {
    const words = commandLine(inputs({ command: "import", file: "--force", name: "--yes" }));
    expect(words).toEqual(["models", "import", "--name=--yes", "--json", "--", "--force"]);
  });
});

describe("formatOutputs", () => {
  it("lets no value begin an output", () => {
    const outputs = { ...outputsOf({ tag: "a\ntag=b" }), json: "{}" };
    expect(formatOutputs(outputs, "end")).toBe(
      "tag<<end\na\ntag=b\nend\ndigest<<end\n\nend\nurl<<end\n\nend\njson<<end\n{}\nend\n",
    );
  });

  it("reads a deployment", () => {
    const bento = { name: "iris", version: "b1", digest: "sha256:b" };
    const url = "http://127.0.0.1:3000";
    expect(outputsOf({ bento, url })).toMatchObject({ tag: "iris:b1", digest: "sha256:b", url });
    expect(outputsOf({ bento, image: { digest: "sha256:i" } }).digest).toBe("sha256:i");
    expect(outputsOf(null)).toEqual({ tag: "", digest: "", url: "", json: "null" });
  });
});

interface Job {
  readonly exitCode: number;
  readonly log: string;
  readonly outputs: Readonly<Record<string, string>>;
}

/** Runs the script as GitHub does, in a project that has `bento` installed. */
async function job(cli: TestCli, given: Readonly<Record<string, string>>): Promise<Job> {
  const bin = join(cli.work, "node_modules", ".bin", "bento");
  await mkdir(dirname(bin), { recursive: true });
  const words = `"${process.execPath}" --conditions=bentokit-source --no-warnings "${MAIN}"`;
  await writeFile(bin, `#!/bin/sh\nexec ${words} "$@"\n`);
  await chmod(bin, 0o755);
  const file = join(cli.home, "..", "outputs");
  await writeFile(file, "");
  const env = {
    PATH: process.env["PATH"],
    BENTO_HOME: cli.home,
    BENTO_ACTION_INPUTS: JSON.stringify(inputs(given)),
    GITHUB_OUTPUT: file,
    GITHUB_ACTOR: "octocat",
  };
  const script = join(REPOSITORY, "action", "main.ts");
  const ended = await run(process.execPath, [script], { cwd: cli.work, env }).then(
    ({ stdout, stderr }) => ({ exitCode: 0, log: stdout + stderr }),
    (error) => ({ exitCode: Number(error.code), log: `${error.stdout}${error.stderr}` }),
  );
  return { ...ended, outputs: readOutputs(await readFile(file, "utf8")) };
}

function readOutputs(text: string): Record<string, string> {
  const found = text.matchAll(/^(\w+)<<(\S+)\n([\s\S]*?)\n\2\n/gm);
  return Object.fromEntries([...found].map(([, name, , value]) => [name, value ?? ""]));
}

describe("the action's script", () => {
  it("imports, promotes, builds and plans, each with its outputs", async () => {
    await using cli = await testCli();
    await writeModel(cli);
    const model = { file: "small.onnx", name: "small", "model-version": "v1" };
    const imported = await job(cli, { command: "import", ...model, metadata: "accuracy=0.95" });
    expect(imported).toMatchObject({
      exitCode: 0,
      outputs: { tag: "small:v1", digest: expect.stringMatching(/^sha256:/), url: "" },
    });
    const gates = { require: "accuracy>=0.9\naccuracy>=current-0.01" };
    const promoted = await job(cli, {
      ...{ command: "promote", model: "small:v1", to: "production", ...gates },
    });
    expect(promoted.outputs).toMatchObject({
      tag: "small:v1",
      digest: imported.outputs["digest"],
    });
    expect((await cli.must("models history small")).out).toContain("octocat");
    await writeGreeter(cli);
    const built = await job(cli, { command: "build" });
    expect(built.outputs["tag"]).toMatch(/^greeter:[0-9a-f]{16}$/);
    const planned = await job(cli, {
      ...{ command: "deploy", bento: built.outputs["tag"] ?? "", platform: "local", plan: "true" },
    });
    expect(planned).toMatchObject({
      exitCode: 0,
      outputs: { tag: built.outputs["tag"], digest: built.outputs["digest"] },
    });
  });

  it("ends with the command's exit code, says so on the run, and writes no output", async () => {
    await using cli = await testCli();
    await writeModel(cli);
    await job(cli, { command: "import", file: "small.onnx", name: "small", "model-version": "v1" });
    const given = { command: "promote", model: "small:v1", to: "production", require: "f1>=0.5" };
    const refused = await job(cli, given);
    expect([refused.exitCode, refused.outputs]).toEqual([7, {}]);
    expect(refused.log).toContain("::error title=bento::bento promote ended with exit code 7");
    const wrong = await job(cli, { command: "promote" });
    expect(wrong).toEqual({
      exitCode: 2,
      log: "::error title=bento::promote needs the inputs model, to\n",
      outputs: {},
    });
  });
});

describe.each(workflows)("examples/workflows/$name", ({ name, workflow }) => {
  const steps = Object.values(workflow.jobs).flatMap((one) => one.steps);
  const ours = steps.filter(({ uses }) => uses?.startsWith("bentokit/bentokit@") === true);

  it("gives the action inputs that it has, and all that its command needs", () => {
    expect(ours.length).toBeGreaterThan(1);
    for (const { with: given = {} } of ours) {
      const texts = Object.entries(given).map(([key, value]) => [key, String(value)] as const);
      expect(texts.filter(([key]) => action.inputs[key] === undefined)).toEqual([]);
      commandLine(inputs(Object.fromEntries(texts)));
    }
  });

  it("takes the role of the job, and may ask for nothing else", () => {
    expect(workflow.permissions).toEqual({ contents: "read", "id-token": "write" });
    for (const { steps: own } of Object.values(workflow.jobs)) {
      const first = own.find(({ uses }) => uses?.startsWith("bentokit/") === true);
      expect(first?.with).toHaveProperty("aws-role");
    }
  });

  it("reads only outputs of steps that come before", () => {
    for (const { steps: own } of Object.values(workflow.jobs)) {
      const known = new Set<string>();
      for (const step of own) {
        const read = [...JSON.stringify(step).matchAll(/steps\.(\w+)\.outputs\.(\w+)/g)];
        for (const [, id = "", output = ""] of read) {
          expect([known.has(id), output in action.outputs]).toEqual([true, true]);
        }
        known.add(step.id ?? "");
      }
    }
  });

  // written in Go, which not every machine has
  it.skipIf(missingTools("actionlint").length > 0)("passes actionlint", async () => {
    const file = join(WORKFLOWS, name);
    await access(file);
    const { stdout } = await run("actionlint", ["-no-color", "-shellcheck=", "-pyflakes=", file]);
    expect(stdout).toBe("");
  });
});
