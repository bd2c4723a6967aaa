/**
 * Deleting models and moving their aliases from the command line.
 */
import { describe, expect, it } from "vitest";
import { withModels } from "../support/cli-projects.ts";

describe("bento models delete", () => {
  it("asks first, and takes yes for an answer", async () => {
    await using cli = await withModels();
    expect(
      await cli.seen("models delete small:v2 other:v1", { answers: ["y"] }),
    ).toMatchInlineSnapshot(`
      "exit 0
      | small:v2
      | other:v1
      delete small:v2, other:v1? [y/N]
      "
    `);
    expect((await cli.bento("models list -o tag")).out).toBe("small:v1\n");
  });

  it.each(["", "n", "no", "yess"])("changes nothing for the answer %j", async (answer) => {
    await using cli = await withModels();
    expect(await cli.seen("models delete small:v2", { answers: [answer] })).toBe(
      "exit 130\ndelete small:v2? [y/N]\nerror: stopped: nothing was changed\n",
    );
    expect((await cli.bento("models list small -o tag")).out).toBe("small:v2\nsmall:v1\n");
  });

  it("needs --yes where nobody can be asked", async () => {
    await using cli = await withModels();
    expect(await cli.seen("models delete small:v2")).toMatchInlineSnapshot(`
      "exit 2
      error: delete small:v2? nobody can be asked here
        do: add --yes to go on without asking
      "
    `);
    expect(await cli.seen("models delete small:v2 --yes --json")).toMatchInlineSnapshot(`
      "exit 0
      | {
      |   "deleted": [
      |     "small:v2"
      |   ]
      | }
      "
    `);
  });

  it("refuses a bare name and an unknown version", async () => {
    await using cli = await withModels();
    expect(await cli.seen("models delete small --yes")).toMatchInlineSnapshot(`
      "exit 2
      error: which version of small? a bare name deletes nothing
        do: bento models list small shows them; then bento models delete small:VERSION
      "
    `);
    expect(await cli.seen("models delete small:v9 --yes")).toMatchInlineSnapshot(`
      "exit 3
      error: model small has no version or alias v9
        at: file://HOME
        do: did you mean v1? versions here: v1, v2; aliases here: production
      "
    `);
    expect(await cli.seen("models delete none:v1 --yes")).toMatchInlineSnapshot(`
      "exit 3
      error: no model is called none
        at: file://HOME
        do: models here: other, small
      "
    `);
  });

  it("deletes none of several when one of them cannot be found", async () => {
    await using cli = await withModels();
    expect((await cli.bento("models delete small:v2 small:v9 --yes")).exitCode).toBe(3);
    expect((await cli.bento("models list small -o tag")).out).toBe("small:v2\nsmall:v1\n");
  });

  it("says what is gone when a later one is refused", async () => {
    await using cli = await withModels();
    expect(await cli.seen("models delete small:v2 small:v1 other:v1 --yes")).toMatchInlineSnapshot(`
      "exit 4
      | small:v2
      error: model small:v1 is used by alias production
        do: delete or move those first, or say --force to delete it all the same
      "
    `);
  });

  it("keeps what an alias uses unless it is forced", async () => {
    await using cli = await withModels();
    expect(await cli.seen("models delete small:v1 --yes")).toMatchInlineSnapshot(`
      "exit 4
      error: model small:v1 is used by alias production
        do: delete or move those first, or say --force to delete it all the same
      "
    `);
    expect(await cli.seen("models delete small:v1 --yes --force")).toMatchInlineSnapshot(`
      "exit 0
      | small:v1
      small:v1 is gone: alias production went with it
      "
    `);
    expect(await cli.seen("models get small:production")).toMatchInlineSnapshot(`
      "exit 3
      error: model small has no version or alias production
        at: file://HOME
        do: versions here: v2
      "
    `);
  });
});

describe("bento models alias", () => {
  it("makes, moves and removes an alias, and says what it was", async () => {
    await using cli = await withModels();
    expect(await cli.seen("models alias small:v2 --to staging")).toMatchInlineSnapshot(`
      "exit 0
      | small:staging is small:v2
      "
    `);
    expect(
      await cli.seen("models alias small:v2 --to production --reason better"),
    ).toMatchInlineSnapshot(`
      "exit 0
      | small:production is small:v2 (was v1)
      "
    `);
    expect(await cli.seen("models alias small:v2 --to production")).toMatchInlineSnapshot(`
      "exit 0
      | small:production is small:v2
      "
    `);
    expect(await cli.seen("models alias small --remove production")).toMatchInlineSnapshot(`
      "exit 0
      | small:production is gone (was v2)
      "
    `);
    expect(await cli.seen("models alias small --to best --json")).toMatchInlineSnapshot(`
      "exit 0
      | {
      |   "name": "small",
      |   "alias": "best",
      |   "version": "v2",
      |   "previous": null
      | }
      "
    `);
  });

  it("tells misuse", async () => {
    await using cli = await withModels();
    const bad = [
      "small",
      "small --to a --remove b",
      "small --to v1",
      "small --to latest",
      "small --to Production",
      "small:v9 --to a",
      "none --to a",
      "small --remove staging",
      "other --remove staging",
    ];
    const answers = [];
    for (const rest of bad) {
      answers.push(`${rest} → ${await cli.seen(`models alias ${rest}`)}`);
    }
    expect(answers.join("\n")).toMatchInlineSnapshot(`
      "small → exit 2
      error: give either --to ALIAS or --remove ALIAS
        do: e.g. bento models alias small --to production

      small --to a --remove b → exit 2
      error: give either --to ALIAS or --remove ALIAS
        do: e.g. bento models alias small --to production

      small --to v1 → exit 2
      error: small:v1 is a version
        at: file://HOME
        do: choose another alias: one that is a version could never be asked for

      small --to latest → exit 2
      error: "latest" cannot be an alias: latest always means the version registered last
        do: choose 1 to 63 of a-z 0-9 . _ -, e.g. production

      small --to Production → exit 2
      error: "Production" cannot be an alias: not a name
        do: choose 1 to 63 of a-z 0-9 . _ -, e.g. production

      small:v9 --to a → exit 3
      error: model small has no version or alias v9
        at: file://HOME
        do: did you mean v1? versions here: v1, v2; aliases here: production

      none --to a → exit 3
      error: no model is called none
        at: file://HOME
        do: models here: other, small

      small --remove staging → exit 3
      error: model small has no alias staging
        at: file://HOME
        do: aliases here: production

      other --remove staging → exit 3
      error: model other has no alias staging
        at: file://HOME
        do: it has none
      "
    `);
  });
});
