/**
 * Canaries, roll backs and the like from the command line, on a platform in memory that can do all of it.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type TestCli, testCli } from "../support/cli.ts";
import { writeGreeter } from "../support/cli-projects.ts";
import { type ScriptedPlatform, scriptedPlatform } from "../support/scripted-platform.ts";

const stage: { platform: ScriptedPlatform } = vi.hoisted(() => ({ platform: undefined as never }));

vi.mock("../../adapters/registry.ts", async (original) => {
  const real = await original<typeof import("../../adapters/registry.ts")>();
  const loadAdapter = async (name: string) =>
    name === "scripted" ? stage.platform.adapter : await real.loadAdapter(name);
  return { ...real, loadAdapter };
});

let cli: TestCli;
const tags: string[] = [];

beforeAll(async () => {
  cli = await testCli();
  for (const team of ["one", "two", "three"]) {
    await writeGreeter(cli, {
      "bentofile.yaml": `labels: {team: ${team}}\nenvironments: {default: {platform: scripted}}\n`,
    });
    tags.push((await cli.raw("build")).trim());
  }
});

beforeEach(async () => {
  stage.platform ??= scriptedPlatform();
  await cli.bento("deployment destroy greeter --yes");
  stage.platform = scriptedPlatform();
});

afterAll(() => cli[Symbol.asyncDispose]());

/** With the tags of the three bentos as words. */
async function seen(line: string, answers?: readonly string[]): Promise<string> {
  const words = line.replaceAll(/\b(ONE|TWO|THREE)\b/g, (word) => tagOf(word));
  const text = await cli.seen(words, answers === undefined ? {} : { answers });
  return text.replaceAll(/ {2,}/g, "  ");
}

function tagOf(word: string): string {
  return tags[["ONE", "TWO", "THREE"].indexOf(word)] ?? word;
}

describe("bento deploy --canary", () => {
  it("shows the share in the plan, gives it, and says what comes next", async () => {
    await seen("deploy ONE --yes");
    expect(await seen("deploy TWO --canary 10 --yes")).toMatchInlineSnapshot(`
      "exit 0
      | https://service.test
      plan sha256:SHORT  greeter on scripted, environment default
        bento  greeter:VERSION
        canary 10 % of the traffic first
        + version  greeter:VERSION
        10 % to greeter:VERSION
        → traffic  service
        10 % to greeter:VERSION
      ✓ prepare  TIME
      ✓ start  TIME  https://service.test
      ✓ ready  TIME
      ✓ verify  TIME  0 golden requests answered rightly
      ✓ traffic  TIME
      10 % of the traffic goes to greeter:VERSION; next: bento deployment complete greeter --platform scripted, or abort
      ! the bento has no golden requests: add golden/<api>.jsonl to have answers checked before traffic
      "
    `);
    expect(await seen("deployment traffic greeter")).toMatchInlineSnapshot(`
      "exit 0
      | VERSION  BENTO  TRAFFIC  IMAGE  MADE (UTC)
      | 2  greeter:VERSION  10 %
      | 1  greeter:VERSION  90 %
      "
    `);
    expect(await seen("deploy THREE --yes")).toMatchInlineSnapshot(`
      "exit 4
      error: greeter:VERSION has 10 % of the traffic since TIME: a deploy of greeter:VERSION has to wait for its end
        at: deployment greeter on scripted, environment default
        do: give it all traffic: bento deployment complete greeter --platform scripted, or none: bento deployment abort greeter --platform scripted; then deploy again
      "
    `);
    expect(await seen("deployment list")).toContain("succeeded (10 %)");
    expect(await seen("deployment status greeter")).toContain("10 % of the traffic since TIME");
    expect(await seen("delete ONE --yes")).toContain("is used by deployment greeter on scripted");
    expect(await seen("deployment traffic greeter --percent 50%")).toMatchInlineSnapshot(`
      "exit 0
      | VERSION  BENTO  TRAFFIC  IMAGE  MADE (UTC)
      | 1  greeter:VERSION  50 %
      | 2  greeter:VERSION  50 %
      ✓ traffic  TIME
      "
    `);
    expect(await seen("deployment complete greeter")).toMatchInlineSnapshot(`
      "exit 0
      | VERSION  BENTO  TRAFFIC  IMAGE  MADE (UTC)
      | 2  greeter:VERSION  100 %
      ✓ complete  TIME
      "
    `);
    expect(await seen("deployment abort greeter")).toMatchInlineSnapshot(`
      "exit 4
      error: no canary is under way
      "
    `);
  });

  it("is refused where it cannot be", async () => {
    const lines = [
      "deploy ONE --platform local --canary 10 --plan",
      "deploy ONE --canary ten --plan",
      "deploy ONE --canary 100 --plan",
      "deploy ONE --platform local --secret KEY=arn --plan",
      "deployment traffic greeter --percent 100",
      "deployment traffic greeter --percent half",
      "deployment traffic greeter --platform local",
      "deployment prune greeter --keep all",
    ];
    const answers = [];
    for (const line of lines) {
      answers.push(`${line} → ${await seen(line)}`);
    }
    expect(answers.join("\n")).toMatchInlineSnapshot(`
      "deploy ONE --platform local --canary 10 --plan → exit 2
      error: local gives all traffic to one process
        at: platform local
        do: leave --canary out; the old process runs on until the new one is verified

      deploy ONE --canary ten --plan → exit 2
      error: expected --canary with 1 to 99 per cent, got "ten"
        do: e.g. --canary 10

      deploy ONE --canary 100 --plan → exit 2
      error: expected --canary with 1 to 99 per cent, got 100
        do: leave --canary out to give all traffic to the new version

      deploy ONE --platform local --secret KEY=arn --plan → exit 2
      error: local takes no secrets by reference
        at: platform local
        do: give the variable in clear with --set-env, or let the service read the secret itself

      deployment traffic greeter --percent 100 → exit 2
      error: expected --percent with 1 to 99 per cent, got 100
        do: bento deployment complete gives the new version all traffic, abort gives it none

      deployment traffic greeter --percent half → exit 2
      error: expected --percent with 1 to 99 per cent, got "half"
        do: e.g. --percent 10

      deployment traffic greeter --platform local → exit 3
      error: no deployment greeter
        at: platform local, environment default
        do: it is elsewhere: --platform scripted --env default

      deployment prune greeter --keep all → exit 2
      error: expected --keep with a number of versions, got "all"
        do: e.g. --keep 5
      "
    `);
  });
});

describe("bento deployment rollback", () => {
  it("asks, goes back, and says what served and what serves now", async () => {
    await seen("deploy ONE --yes");
    await seen("deploy TWO --yes");
    expect(await seen("deployment rollback greeter")).toMatchInlineSnapshot(`
      "exit 2
      error: roll back greeter on scripted from greeter:VERSION to greeter:VERSION? nobody can be asked here
        do: add --yes to go on without asking
      "
    `);
    expect(await seen("deployment rollback greeter", ["y"])).toMatchInlineSnapshot(`
      "exit 0
      | VERSION  BENTO  TRAFFIC  IMAGE  MADE (UTC)
      | 1  greeter:VERSION  100 %
      roll back greeter on scripted from greeter:VERSION to greeter:VERSION? [y/N]
      ✓ rollback  TIME
      greeter:VERSION serves now, greeter:VERSION did before
      "
    `);
    expect(await seen("deployment history greeter")).toMatchInlineSnapshot(`
      "exit 0
      | AT (UTC)  BY  BENTO  MODELS  OUTCOME  TRAFFIC  VERIFIED  MESSAGE
      | TIME  tester  greeter:VERSION  back to it  100 %  yes  rolled back from greeter:VERSION
      | TIME  tester  greeter:VERSION  succeeded  100 %  yes
      | TIME  tester  greeter:VERSION  succeeded  100 %  yes
      | TIME  tester  greeter:VERSION  started  no
      | TIME  tester  greeter:VERSION  destroyed  yes
      | TIME  tester  greeter:VERSION  completed  100 %  yes
      | TIME  tester  greeter:VERSION  traffic moved  50 %  yes
      | TIME  tester  greeter:VERSION  succeeded  10 %  yes
      | TIME  tester  greeter:VERSION  succeeded  100 %  yes
      | TIME  tester  greeter:VERSION  started  no
      "
    `);
    const document = await cli.document(`deployment rollback greeter --to ${tags[1]} --yes --json`);
    expect(document).toMatchObject({
      deployment: { change: "rollback", outcome: "succeeded" },
      left: { outcome: "succeeded" },
      versions: [{ bento: tags[1], percent: 100 }],
      aliases: [],
    });
    const records = (await cli.document("deployment history greeter --json")) as unknown[];
    const back = { change: "rollback" };
    expect(records.slice(0, 2)).toMatchObject([back, back]);
  });

  it("names the deploy that does the same on a platform without versions", async () => {
    await seen("deploy ONE --platform local --yes");
    try {
      expect(await seen("deployment rollback greeter --platform local")).toMatchInlineSnapshot(`
        "exit 2
        error: local keeps no earlier version to go back to
          at: deployment greeter, environment default
          do: deploy it again: bento deploy greeter:VERSION --platform local
        "
      `);
    } finally {
      await seen("deployment destroy greeter --platform local --yes");
    }
  });
});

describe("bento deployment prune", () => {
  it("shows what would go, asks, and removes it", async () => {
    await seen("deploy ONE --yes");
    expect(await seen("deployment prune greeter --plan")).toMatchInlineSnapshot(`
      "exit 0
      | all but 5
      nothing was removed: leave --plan out to do so
      "
    `);
    expect(await seen("deployment prune greeter --keep 2 --yes")).toMatchInlineSnapshot(`
      "exit 0
      | all but 2
      - all but 2
      ✓ prune  TIME
      "
    `);
    expect(await cli.document("deployment prune greeter --yes --json")).toEqual({
      removed: ["all but 5"],
      kept: [],
      isDry: false,
    });
  });
});

describe("a deployment whose records are lost", () => {
  it("is looked at and destroyed all the same", async () => {
    stage.platform.versions.push({ id: "1", bento: "other:v1", percent: 100 });
    expect(await seen("deployment status other --set region=there")).toMatchInlineSnapshot(`
      "exit 0
      | other  ready  https://service.test
      |  in memory
      |  no record tells of it
      "
    `);
    expect(stage.platform.seen.context?.options).toEqual({ region: "there" });
    expect(await seen("deployment destroy other", ["y"])).toMatchInlineSnapshot(`
      "exit 0
      | other
      destroy other (of which no record tells) on scripted? [y/N]
      ✓ destroy  TIME
      "
    `);
    expect(await seen("deployment destroy other --yes")).toMatchInlineSnapshot(`
      "exit 3
      error: no deployment other
        at: platform scripted, environment default
        do: deployments there: greeter
      "
    `);
  });
});

describe("bento deploy, interrupted", () => {
  it("leaves the traffic where it was, and tells how to go on", async () => {
    await seen("deploy ONE --yes");
    const controller = new AbortController();
    stage.platform.script.verify = () => controller.abort(new Error("interrupted"));
    const stopped = await cli.seen(`deploy ${tags[1]} --yes`, { signal: controller.signal });
    expect(stopped).toMatchInlineSnapshot(`
      "exit 130
      plan sha256:SHORT  greeter on scripted, environment default
        bento  greeter:VERSION
        + version  greeter:VERSION
            100 % to greeter:VERSION
        → traffic  service
            100 % to greeter:VERSION
      ✓ prepare  TIME
      ✓ start  TIME  https://service.test
      ✓ ready  TIME
      ✓ verify  TIME  0 golden requests answered rightly
      error: interrupted
        at: deployment greeter on scripted, environment default
        do: rolled back: greeter:VERSION runs at https://service.test; go on with the same options: bento deploy greeter:VERSION --platform scripted
      "
    `);
    expect(stage.platform.versions.map(({ percent }) => percent)).toEqual([100, 0]);
  });
});
