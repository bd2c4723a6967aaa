/**
 * Signing models, and promoting only what is signed, from the command line.
 */
import { describe, expect, it } from "vitest";
import { testCli } from "../support/cli.ts";
import { withModels } from "../support/cli-projects.ts";

/** Keys differ from run to run. */
const hidden = (text: string) => text.replaceAll(/[A-Za-z0-9+/]{43}=/g, "KEY");

describe("bento models sign", () => {
  it("is what promote --require-signed asks for", async () => {
    await using cli = await withModels();
    await cli.must("image keygen --output team");
    const promote = "models promote small:v2 --to production --require-signed team.pub";
    expect(hidden(await cli.seen(promote))).toMatchInlineSnapshot(`
      "exit 7
      error: small:v2 is not signed: there is no signature by the key KEY
        at: file://HOME
        do: whoever vouches for it signs it: bento models sign small:v2 --key bento.key
      "
    `);
    expect(hidden(await cli.seen("models sign small:v2 --key team.key"))).toMatchInlineSnapshot(`
      "exit 0
      | small:v2
      signed by KEY: sha256:DIGEST
      "
    `);
    expect(hidden(await cli.seen("models sign small:v2 --key team.key"))).toMatchInlineSnapshot(`
      "exit 0
      | small:v2
      signed before by KEY: sha256:DIGEST
      "
    `);
    expect(hidden(await cli.seen(promote))).toMatchInlineSnapshot(`
      "exit 0
      | small:production is small:v2 (was v1)
      ✓ signed by KEY
      "
    `);
    expect(hidden(await cli.seen(`${promote} --json`))).toMatchInlineSnapshot(`
      "exit 0
      | {
      |   "tag": "small:v2",
      |   "alias": "production",
      |   "version": "v2",
      |   "previous": "v2",
      |   "verdicts": [],
      |   "signedBy": "KEY"
      | }
      "
    `);
  });

  it.each([
    ["models sign small:v9 --key team.key", 3],
    ["models sign small:v1 --key absent.key", 3],
    ["models sign small:v1", 2],
    ["models sign small:v1 --key team.pub", 2],
    ["models promote small:v1 --to production --require-signed team.key", 2],
    ["models promote small:v1 --to production --require-signed absent.pub", 3],
  ])("ends `%s` with %d", async (line, exitCode) => {
    await using cli = await withModels();
    await cli.must("image keygen --output team");
    expect((await cli.bento(line)).exitCode).toBe(exitCode);
  });

  it("says what there is where there is nothing", async () => {
    await using cli = await testCli();
    await cli.must("image keygen --output team");
    expect((await cli.bento("models sign small:v1 --key team.key")).exitCode).toBe(3);
  });
});
