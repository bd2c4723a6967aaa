/**
 * Deploying to this machine from the command line, and looking after it, from the first plan to the end.
 */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Deployment } from "../../core/deployment.ts";
import { Plan } from "../../core/plan.ts";
import { type TestCli, testCli } from "../support/cli.ts";
import { writeGreeter } from "../support/cli-projects.ts";

let cli: TestCli;

beforeAll(async () => {
  cli = await testCli();
  await writeGreeter(cli, {
    "bentofile.yaml":
      "environments:\n  staging:\n    platform: local\n  production:\n    platform: aws-lambda\n",
    "golden/greet.jsonl": '{"input": {"name": "a"}, "output": "hello a"}\n',
  });
  await cli.must("build");
});

afterAll(async () => {
  await cli.bento("deployment destroy greeter --yes");
  await cli[Symbol.asyncDispose]();
});

describe("bento deploy, before anything runs", () => {
  it("asks no platform for a plan that is only to look at", async () => {
    expect(await cli.seen("deploy greeter --platform local --plan --offline")).toContain(
      "+ create   process greeter",
    );
    expect(await cli.seen("deploy greeter --platform local --offline")).toMatchInlineSnapshot(`
      "exit 2
      error: --offline without --plan
        at: --offline
        do: a plan for which nobody was asked is to look at: add --plan
      "
    `);
  });

  it("shows the plan, and exits 9 for it when asked to", async () => {
    const line = "deploy greeter --platform local --plan";
    const seen = await cli.seen(line);
    expect(seen).toMatchInlineSnapshot(`
      "exit 0
      | plan sha256:SHORT  greeter on local, environment default
      |   bento  greeter:VERSION
      |   + create   process greeter
      |       nothing runs
      "
    `);
    expect(await cli.seen(`${line} --detailed-exitcode`)).toBe(seen.replace("exit 0", "exit 9"));
    expect(Plan.parse(await cli.document(`${line} --json`)).name).toBe("greeter");
  });

  it("writes the plan to a file", async () => {
    expect(
      await cli.seen("deploy greeter --platform local --out plan.json"),
    ).toMatchInlineSnapshot(`
      "exit 0
      | WORK/plan.json
      next: bento deploy --apply plan.json
      "
    `);
    expect(
      Plan.parse(JSON.parse(await readFile(join(cli.work, "plan.json"), "utf8"))).platform,
    ).toBe("local");
    expect(await cli.document("deploy greeter --platform local --out stale.json --json")).toEqual({
      file: join(cli.work, "stale.json"),
      digest: expect.stringMatching(/^sha256:/),
    });
  });

  it("keeps values of secrets to the file, which is its owner's alone", async () => {
    await cli.write("secret.json", "old");
    const line = "deploy greeter --platform local --set-env API_KEY=hunter2 --set-env LEVEL=3";
    await cli.must(`${line} --out secret.json`);
    const file = join(cli.work, "secret.json");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(Plan.parse(JSON.parse(await readFile(file, "utf8"))).variables).toEqual({
      API_KEY: "hunter2",
      LEVEL: "3",
    });
    const printed = await cli.raw(`${line} --plan --json`);
    expect(Plan.parse(JSON.parse(printed)).variables).toEqual({ API_KEY: "(hidden)", LEVEL: "3" });
    expect(printed).not.toContain("hunter2");
    await cli.write("printed.json", printed);
    expect(await cli.seen("deploy --apply printed.json")).toMatchInlineSnapshot(`
      "exit 2
      error: the plan hides API_KEY
        at: WORK/printed.json
        do: a plan that is printed is for reading; write one to apply with --out
      "
    `);
  });

  it("builds the project here where no bento is named", async () => {
    expect(await cli.seen("deploy --env staging --plan")).toMatchInlineSnapshot(`
      "exit 0
      | plan sha256:SHORT  greeter-staging on local, environment staging
      |   bento  greeter:VERSION
      |   + create   process greeter-staging
      |       nothing runs
      ✓ bundle  TIME
      ✓ describe  TIME
      ✓ store  TIME
      built greeter:VERSION
      "
    `);
  });

  it("needs a yes", async () => {
    expect(await cli.seen("deploy --apply plan.json")).toMatchInlineSnapshot(`
      "exit 2
      plan sha256:SHORT  greeter on local, environment default
        bento  greeter:VERSION
        + create   process greeter
            nothing runs
      error: apply this plan? nobody can be asked here
        do: add --yes to go on without asking
      "
    `);
    expect((await cli.bento("deploy --apply plan.json", { answers: ["n"] })).exitCode).toBe(130);
    expect(await cli.seen("deployment list")).toMatchInlineSnapshot(`
      "exit 0
      | NAME  PLATFORM  ENV  BENTO  OUTCOME  URL  AT (UTC)
      no deployments yet: bento deploy NAME:VERSION --platform local
      "
    `);
  });

  it("tells what it lacks", async () => {
    await cli.write("empty.json", "{}");
    await cli.write("text.json", "hello");
    const lines = [
      "deploy greeter",
      "deploy greeter --env stagin",
      "deploy greeter --env qa",
      "deploy gretter --platform local --plan",
      "deploy greeter --platform local --set port",
      "deploy greeter --platform local --set prt=80",
      "deploy greeter --platform local --set-env X",
      "deploy greeter --platform local --out no/such/folder/plan.json",
      "deploy --apply none.json",
      "deploy --apply empty.json",
      "deploy --apply text.json",
      "deploy greeter --apply plan.json",
      "deploy --apply plan.json --platform local",
    ];
    const answers = [];
    for (const line of lines) {
      answers.push(`${line} → ${await cli.seen(line)}`);
    }
    expect(answers.join("\n")).toMatchInlineSnapshot(`
      "deploy greeter → exit 2
      error: where to? no --platform is given
        do: add --platform local or --platform aws-lambda, or --env staging | production

      deploy greeter --env stagin → exit 2
      error: where to? bentofile.yaml has no environment "stagin"
        do: did you mean --env staging?

      deploy greeter --env qa → exit 2
      error: where to? bentofile.yaml has no environment "qa"
        do: add --platform local or --platform aws-lambda, or --env staging | production

      deploy gretter --platform local --plan → exit 3
      error: no bento is called gretter
        at: file://HOME
        do: did you mean greeter? bentos here: greeter

      deploy greeter --platform local --set port → exit 2
      error: not key=value: "port"
        at: --set
        do: options: engine, host, network, port, startTimeoutSeconds, stopTimeoutSeconds

      deploy greeter --platform local --set prt=80 → exit 2
      error: local has no option "prt"; did you mean port?
        at: options of local
        do: options: engine, host, network, port, startTimeoutSeconds, stopTimeoutSeconds

      deploy greeter --platform local --set-env X → exit 2
      error: expected --set-env key=value, got "X"
        do: write it as --set-env LOG_LEVEL=debug

      deploy greeter --platform local --out no/such/folder/plan.json → exit 5
      error: cannot open WORK/no/such/folder/plan.json: no such file or folder
        at: WORK/no/such/folder/plan.json
        do: check the path

      deploy --apply none.json → exit 3
      error: there is no plan WORK/none.json
        at: WORK/none.json
        do: make one: bento deploy BENTO --platform local --out plan.json

      deploy --apply empty.json → exit 2
      error: the file is no plan
        at: WORK/empty.json
        do: make one: bento deploy BENTO --platform local --out plan.json

      deploy --apply text.json → exit 2
      error: the file is no plan
        at: WORK/text.json
        do: make one: bento deploy BENTO --platform local --out plan.json

      deploy greeter --apply plan.json → exit 2
      error: --apply takes no bento, got "greeter"
        do: leave it out: the plan says what is deployed

      deploy --apply plan.json --platform local → exit 2
      error: option '--apply <file>' cannot be used with option '--platform <name>'
        do: bento deploy --help shows how it is used
      "
    `);
  });
});

describe("bento deploy and bento deployment, while it runs", () => {
  it("applies the plan, verifies, and prints the address alone", async () => {
    expect(await cli.seen("deploy --apply plan.json --yes")).toMatchInlineSnapshot(`
      "exit 0
      | http://127.0.0.1:PORT
      plan sha256:SHORT  greeter on local, environment default
        bento  greeter:VERSION
        + create   process greeter
            nothing runs
      ✓ prepare  TIME
      ✓ start  TIME  http://127.0.0.1:PORT
      ✓ ready  TIME
      ✓ verify  TIME  1 golden request answered rightly
      ✓ traffic  TIME
      "
    `);
    const url = (await cli.raw("deploy greeter --platform local --yes")).trim();
    const response = await fetch(`${url}/greet`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"name": "b"}',
    });
    expect([response.status, await response.json()]).toEqual([200, "hello b"]);
  });

  it("does nothing a second time", async () => {
    expect(await cli.seen("deploy greeter --platform local --yes")).toMatchInlineSnapshot(`
      "exit 0
      | http://127.0.0.1:PORT
      nothing to do: this is what runs
      "
    `);
    expect(
      await cli.bento("deploy greeter --platform local --plan --detailed-exitcode"),
    ).toMatchObject({ exitCode: 0 });
    expect(await cli.document("deploy greeter --platform local --yes --json")).toMatchObject({
      name: "greeter",
      isChanged: false,
    });
  });

  it("refuses a plan that something has changed since", async () => {
    const seen = await cli.seen("deploy --apply stale.json --yes");
    expect(seen.replace(/→ \d+/, "→ PID")).toMatchInlineSnapshot(`
      "exit 4
      plan sha256:SHORT  greeter on local, environment default
        bento  greeter:VERSION
        + create   process greeter
            nothing runs
      error: what the plan was made from has changed:
               basis.pid: null → PID
               actions[0]: "create process greeter" → "noop process greeter"
        at: deployment greeter on local, environment default
        do: make the plan again and look at it
      "
    `);
  });

  it("lists, gets and asks for the status", async () => {
    expect((await cli.seen("deployment list")).replaceAll(/ {2,}/g, "  ")).toMatchInlineSnapshot(`
      "exit 0
      | NAME  PLATFORM  ENV  BENTO  OUTCOME  URL  AT (UTC)
      | greeter  local  default  greeter:VERSION  succeeded  http://127.0.0.1:PORT  TIME
      "
    `);
    const [listed] = (await cli.document("deployment list --json")) as unknown[];
    expect(await cli.document("deployment get greeter --json")).toEqual(listed);
    expect(Deployment.parse(listed).outcome).toBe("succeeded");
    expect((await cli.bento("deployment get greeter")).out).toContain("outcome: succeeded\n");
    const status = await cli.seen("deployment status greeter");
    expect(status.replace(/process \d+/, "process PID")).toMatchInlineSnapshot(`
      "exit 0
      | greeter  ready  http://127.0.0.1:PORT
      |   process PID answers at http://127.0.0.1:PORT
      |   greeter:VERSION, deployed TIME
      "
    `);
    expect(await cli.document("deployment status greeter --json")).toMatchObject({
      state: "ready",
      deployment: listed,
    });
  });

  it("prints the log, whole or its last lines", async () => {
    const all = (await cli.bento("deployment logs greeter")).out.trim().split("\n");
    expect(all.length).toBeGreaterThan(2);
    const tail = (await cli.bento("deployment logs greeter -n 1")).out.trim().split("\n");
    expect(tail).toEqual(all.slice(-1));
    const { out } = await cli.bento("deployment logs greeter -n 2 --json");
    expect(JSON.parse(out)).toEqual(all.slice(-2));
    expect(await cli.seen("deployment logs greeter --follow --json")).toContain(
      "--follow with --json: a document has an end",
    );
    expect(await cli.seen("deployment logs greeter --tail many")).toMatchInlineSnapshot(`
      "exit 2
      error: expected --tail with a number of lines, got "many"
        do: e.g. --tail 50
      "
    `);
  });

  it("follows the log until it is interrupted", async () => {
    const controller = new AbortController();
    const following = cli.bento("deployment logs greeter --follow", { signal: controller.signal });
    controller.abort(new Error("interrupted"));
    expect((await following).exitCode).toBe(0);
  });

  it("takes the bento's name as the platform writes it, and suggests a near one", async () => {
    expect(await cli.seen("deployment get gretter")).toMatchInlineSnapshot(`
      "exit 3
      error: no deployment gretter
        at: platform local, environment default
        do: did you mean greeter? deployments there: greeter
      "
    `);
    expect(await cli.seen("deployment status greeter --env staging")).toMatchInlineSnapshot(`
      "exit 3
      error: no deployment greeter
        at: platform local, environment staging
        do: it is elsewhere: --platform local --env default
      "
    `);
  });

  it("keeps its bento from being deleted", async () => {
    expect(await cli.seen("delete greeter:latest --yes")).toMatchInlineSnapshot(`
      "exit 4
      error: bento greeter:VERSION is used by deployment greeter on local (default)
        do: delete or move those first, or say --force to delete it all the same
      "
    `);
  });

  it("destroys after a yes, and is gone then", async () => {
    expect(await cli.seen("deployment destroy greeter")).toMatchInlineSnapshot(`
      "exit 2
      error: destroy greeter (greeter:VERSION) on local? nobody can be asked here
        do: add --yes to go on without asking
      "
    `);
    expect(
      await cli.seen("deployment destroy greeter", { answers: ["yes"] }),
    ).toMatchInlineSnapshot(`
      "exit 0
      | greeter
      destroy greeter (greeter:VERSION) on local? [y/N]
      ✓ destroy  TIME
      "
    `);
    expect(await cli.seen("deployment status greeter")).toMatchInlineSnapshot(`
      "exit 6
      | greeter  gone
      |   destroyed at TIME
      |   greeter:VERSION, destroyed TIME
      error: greeter is gone: destroyed at TIME
        do: deploy it again: bento deploy --platform local
      "
    `);
    expect((await cli.bento("deployment destroy greeter --yes")).exitCode).toBe(0);
    expect(await cli.seen("deployment logs greeter")).toMatchInlineSnapshot(`
      "exit 3
      error: greeter was destroyed
        at: platform local, environment default
        do: what a platform keeps of its log was named as it was destroyed
      "
    `);
  });
});
