/**
 * A home that cannot be written: every command that would says so, exits 5, and leaves what is there.
 */
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { scrubbed, type TestCli, testCli } from "../support/cli.ts";
import { irisProject, writeGreeter, writeModel } from "../support/cli-projects.ts";
import { fixtureModel } from "../support/fixture-model.ts";
import { asNobody } from "../support/limits.ts";

const WRITES = [
  "models import small.onnx --name small",
  "models alias iris_classifier:v1 --to production",
  "models delete iris_classifier:v1 --yes",
  "build",
  "serve",
  "deploy --platform local --yes",
];

describe("a read-only BENTO_HOME", () => {
  it("is told by every command that writes, and can still be read", async () => {
    await using cli = await testCli();
    await irisProject(cli);
    await writeModel(cli);
    await writeGreeter(cli);
    await open(cli);
    execFileSync("chmod", ["-R", "a-w,a+rX", cli.home]);
    const answers = [];
    try {
      for (const line of WRITES) {
        answers.push(`${line} → ${await asNobody(() => cli.seen(line))}`);
      }
      expect(await asNobody(() => cli.seen("models list -o tag"))).toBe(
        "exit 0\n| iris_classifier:v1\n",
      );
    } finally {
      execFileSync("chmod", ["-R", "u+w", cli.home]);
    }
    expect(answers.join("\n")).toMatchInlineSnapshot(`
      "models import small.onnx --name small → exit 5
      error: cannot write HOME/.tmp/ID: permission denied
        at: HOME/.tmp/ID
        do: give yourself access to it, or choose another folder with --store or BENTO_HOME

      models alias iris_classifier:v1 --to production → exit 5
      error: cannot write HOME/.tmp/ID: permission denied
        at: HOME/.tmp/ID
        do: give yourself access to it, or choose another folder with --store or BENTO_HOME

      models delete iris_classifier:v1 --yes → exit 5
      error: cannot delete HOME/models/iris_classifier/versions/v1.json: permission denied
        at: HOME/models/iris_classifier/versions/v1.json
        do: give yourself access to it, or choose another folder with --store or BENTO_HOME

      build → exit 5
      error: cannot make HOME/tmp: permission denied
        at: HOME/tmp
        do: give yourself access to it, or choose another folder with --store or BENTO_HOME

      serve → exit 5
      error: cannot make HOME/tmp: permission denied
        at: HOME/tmp
        do: give yourself access to it, or choose another folder with --store or BENTO_HOME

      deploy --platform local --yes → exit 5
      error: cannot make HOME/tmp: permission denied
        at: HOME/tmp
        do: give yourself access to it, or choose another folder with --store or BENTO_HOME
      "
    `);
    expect((await cli.bento("models list -o tag")).out).toBe("iris_classifier:v1\n");
  });

  it("is told where it is not even there", async () => {
    await using cli = await testCli();
    await writeModel(cli);
    await open(cli);
    await chmod(cli.work, 0o555);
    const environment = { BENTO_HOME: join(cli.work, "deeper/home") };
    expect(
      await asNobody(() => cli.seen("models import small.onnx --name small", { environment })),
    ).toMatchInlineSnapshot(`
      "exit 5
      error: cannot write WORK/deeper/home/.tmp/ID: permission denied
        at: WORK/deeper/home/.tmp/ID
        do: give yourself access to it, or choose another folder with --store or BENTO_HOME
      "
    `);
  });

  it("is told where a file is in its place", async () => {
    await using cli = await testCli();
    await writeModel(cli);
    const environment = { BENTO_HOME: await cli.write("home", "") };
    const answers = [];
    for (const line of [
      "models import small.onnx --name small",
      "models list",
      "models get small",
    ]) {
      answers.push(`${line} → ${await cli.seen(line, { environment })}`);
    }
    expect(answers.join("\n")).toMatchInlineSnapshot(`
      "models import small.onnx --name small → exit 5
      error: cannot write WORK/home/.tmp/ID: a part of the path is a file
        at: WORK/home/.tmp/ID
        do: remove that file, or choose another folder with --store or BENTO_HOME

      models list → exit 0
      | TAG  FRAMEWORK  SIZE  ALIASES  REGISTERED (UTC)
      no models yet: bento models import model.onnx --name my_model

      models get small → exit 3
      error: no model is called small
        at: file://WORK/home
        do: the store has no models yet
      "
    `);
  });
});

/** Whether this machine lets a test mount a disk of its own, in a namespace that ends with it. */
function canMount(): boolean {
  return (
    process.env["BENTO_TEST_NO_SKIP"] === "1" ||
    spawnSync("unshare", ["-rm", "true"], { stdio: "ignore" }).status === 0
  );
}

describe("a full BENTO_HOME", () => {
  it.runIf(canMount())(
    "is told, leaves nothing visible, and the same import succeeds once there is room",
    async () => {
      await using cli = await testCli();
      await mkdir(cli.home);
      await writeModel(cli);
      await writeGreeter(cli);
      const { path: big } = await fixtureModel("breast_cancer_lightgbm");
      const script = `
bento() { echo "$ bento $*"; code=0; "$NODE" --conditions=bentokit-source "$MAIN" "$@" 2>&1 || code=$?; echo "exit $code"; }
mount -t tmpfs -o size=36k tmpfs "$BENTO_HOME"
bento models import small.onnx --name small --version v1
bento models import ${big} --name big --version v1
bento build
bento models list -o tag
find "$BENTO_HOME/.tmp" "$BENTO_HOME/tmp" -type f
mount -o remount,size=8m "$BENTO_HOME"
bento models import ${big} --name big --version v1
bento build -o tag
`;
      const { stdout } = await promisify(execFile)("unshare", ["-rm", "sh", "-eu", "-c", script], {
        cwd: cli.work,
        env: {
          PATH: process.env["PATH"],
          BENTO_HOME: cli.home,
          NODE: process.execPath,
          MAIN: join(import.meta.dirname, "../../cli/main.ts"),
        },
      });
      // which file of the bundle is the first without room depends on their lengths
      const shown = scrubbed(stdout, cli).replaceAll(/(build-RANDOM\/src\/)[\w.-]+/g, "$1FILE");
      expect(shown).toMatchInlineSnapshot(`
        "$ bento models import small.onnx --name small --version v1
        small:v1
        registered small:v1
          takes X: float32 [n, 4]
          gives Y: float32 [n, 4]
        exit 0
        $ bento models import REPOSITORY/fixtures/models/breast_cancer_lightgbm/model.onnx --name big --version v1
        error: cannot write HOME/.tmp/ID: the disk is full
          at: HOME/.tmp/ID
          do: free some space, or choose a folder on another disk with --store or BENTO_HOME
        exit 5
        $ bento build
        ✓ bundle  TIME
        error: cannot write HOME/tmp/build-RANDOM/src/FILE: the disk is full
          at: HOME/tmp/build-RANDOM/src/FILE
          do: free some space, or choose a folder on another disk with --store or BENTO_HOME
        exit 5
        $ bento models list -o tag
        small:v1
        exit 0
        $ bento models import REPOSITORY/fixtures/models/breast_cancer_lightgbm/model.onnx --name big --version v1
        big:v1
        registered big:v1
          takes X: float32 [n, 30]
          gives label: int64 [n], probabilities: float32 [n, 2]
        exit 0
        $ bento build -o tag
        ✓ bundle  TIME
        ✓ describe  TIME
        ✓ store  TIME
        greeter:VERSION
        exit 0
        "
      `);
    },
  );
});

/** Lets another user into the temporary folder of a test. */
async function open(cli: TestCli): Promise<void> {
  await chmod(join(cli.work, ".."), 0o755);
}
