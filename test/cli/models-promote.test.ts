/**
 * Promotion, rolling back and histories from the command line.
 */
import { describe, expect, it } from "vitest";
import type { TestCli } from "../support/cli.ts";
import { withModels } from "../support/cli-projects.ts";

const CI = {
  GITHUB_ACTOR: "octocat",
  GITHUB_SHA: "c0ffee",
  GITHUB_SERVER_URL: "https://github.com",
  GITHUB_REPOSITORY: "acme/models",
  GITHUB_RUN_ID: "7",
};

/** Without times, which differ. */
const history = async (cli: TestCli) =>
  ((await cli.document("models history small --json")) as { at?: string }[]).map(
    ({ at: _, ...move }) => move,
  );

describe("bento models promote", () => {
  it("moves an alias, and its history says who did it in which job", async () => {
    await using cli = await withModels();
    const line = "models promote small:v2 --to production --reason better";
    expect(await cli.seen(line, { environment: CI })).toMatchInlineSnapshot(`
      "exit 0
      | small:production is small:v2 (was v1)
      "
    `);
    expect((await history(cli))[0]).toMatchInlineSnapshot(`
      {
        "alias": "production",
        "previous": "v1",
        "revision": "c0ffee",
        "run": "https://github.com/acme/models/actions/runs/7",
        "seq": 2,
        "version": "v2",
        "who": "octocat",
        "why": "better",
      }
    `);
  });

  it("asks its gates of the metadata and of a file, and exits 7 when one refuses", async () => {
    await using cli = await withModels();
    await cli.write("metrics.json", '{"accuracy": 0.9}');
    const line = (gate: string) =>
      `models promote small:v2 --to production --metrics metrics.json --require ${gate}`;
    expect(await cli.seen(line("accuracy>=0.95"))).toMatchInlineSnapshot(`
      "exit 7
      error: small:v2 is not promoted to production:
               accuracy>=0.95: accuracy is not >= 0.95: it is 0.9
        at: --require
        do: numbers come from the model's metadata (bento models get shows it), from --metrics FILE, or churn from --on ROWS
      "
    `);
    expect(await cli.seen(line("accuracy>=current"))).toMatchInlineSnapshot(`
      "exit 7
      error: small:v2 is not promoted to production:
               accuracy>=current: the current version has no number called accuracy
        at: --require
        do: numbers come from the model's metadata (bento models get shows it), from --metrics FILE, or churn from --on ROWS
      "
    `);
    expect(await cli.seen(line("accuracy>=0.9"))).toMatchInlineSnapshot(`
      "exit 0
      | small:production is small:v2 (was v1)
      ✓ accuracy>=0.9  accuracy is >= 0.9: it is 0.9
      "
    `);
  });

  it("exits 4 when the alias does not mean what was expected", async () => {
    await using cli = await withModels();
    expect(
      await cli.seen("models promote small:v2 --to production --expect v9"),
    ).toMatchInlineSnapshot(`
      "exit 4
      error: expected small:production to mean v9, it means v1
        at: file://HOME
        do: somebody was faster: look at its history and decide again
      "
    `);
    expect((await cli.bento("models promote small:v2 --to new --expect none")).exitCode).toBe(0);
  });

  it.each([
    ["models promote small:v2", 2],
    ["models promote small:v9 --to production", 3],
    ["models promote small:v2 --to latest", 2],
    ["models promote small:v2 --to production --require accuracy", 2],
    ["models promote small:v2 --to production --metrics none.json", 5],
    ["models promote small:v2 --to production --from staging", 7],
    ["models rollback small --alias production", 3],
    ["models history none", 3],
  ])("ends `%s` with %d", async (line, exitCode) => {
    await using cli = await withModels();
    expect((await cli.bento(line)).exitCode).toBe(exitCode);
  });
});

describe("bento models rollback", () => {
  it("goes back to what the alias meant before, and the history shows it", async () => {
    await using cli = await withModels();
    await cli.must("models promote small:v2 --to production");
    expect(await cli.seen("models rollback small --alias production")).toMatchInlineSnapshot(`
      "exit 0
      | small:production is small:v1 (was v2)
      "
    `);
    expect((await history(cli)).map((move) => JSON.stringify(move))).toMatchInlineSnapshot(`
      [
        "{"alias":"production","seq":3,"version":"v1","previous":"v2","who":"tester","why":"rolled back from v2","isRollBack":true}",
        "{"alias":"production","seq":2,"version":"v2","previous":"v1","who":"tester"}",
        "{"alias":"production","seq":1,"version":"v1","previous":null,"who":"tester"}",
      ]
    `);
  });
});
