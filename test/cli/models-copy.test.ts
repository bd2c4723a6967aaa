/**
 * Models between stores and registries from the command line.
 */
import { describe, expect, it } from "vitest";
import { type TestCli, testCli } from "../support/cli.ts";
import { fixtureModel } from "../support/fixture-model.ts";
import { loopbackRegistry } from "../support/registry.ts";

describe("bento models push and pull", () => {
  it("go through a registry, once", async () => {
    await using cli = await testCli();
    await using registry = await loopbackRegistry();
    const to = `oci://${registry.host}/team`;
    await importIris(cli);
    const seen = [];
    for (const line of [
      `models push iris:v1 --to ${to}`,
      `models push iris --to ${to}`,
      `models pull iris:v1 --from ${to} --store other`,
      `models pull iris:v1 --from ${to} --store other`,
      "models list -o tag --store other",
      `models pull iris --from ${to}`,
      `models pull iris:v9 --from ${to}`,
    ]) {
      seen.push(`$ ${line.replace(to, "oci://HOST/team")}\n${await cli.seen(line)}`);
    }
    expect(sizesAway(seen.join("\n"))).toMatchInlineSnapshot(`
      "$ models push iris:v1 --to oci://HOST/team
      exit 0
      | 127.0.0.1:PORT/team/models/iris@sha256:DIGEST
      ✓ hash model iris:v1  TIME
      ✓ push model iris:v1  TIME  SIZE
      iris:v1: now in oci://127.0.0.1:PORT/team; SIZE sent

      $ models push iris --to oci://HOST/team
      exit 0
      | 127.0.0.1:PORT/team/models/iris@sha256:DIGEST
      iris:v1: it was there already; SIZE sent

      $ models pull iris:v1 --from oci://HOST/team --store other
      exit 0
      | iris:v1
      ✓ pull model iris:v1  TIME  SIZE
      iris:v1: now in file://WORK/other; SIZE sent

      $ models pull iris:v1 --from oci://HOST/team --store other
      exit 0
      | iris:v1
      iris:v1: it was there already; SIZE sent

      $ models list -o tag --store other
      exit 0
      | iris:v1

      $ models pull iris --from oci://HOST/team
      exit 2
      error: no version in "iris"
        do: a registry has no latest model: name the version, e.g. iris:v1

      $ models pull iris:v9 --from oci://HOST/team
      exit 3
      error: 127.0.0.1:PORT/team/models/iris:v9 has no such image or blob
        at: http://127.0.0.1:PORT/v2/team/models/iris/manifests/v9
        do: check the name, tag and digest
      "
    `);
    expect(Object.keys(registry.content("team/models/iris").tags)).toEqual(["v1"]);
  });

  it("go between stores", async () => {
    await using cli = await testCli();
    await importIris(cli);
    expect(sizesAway(await cli.seen("models push iris:v1 --to other"))).toMatchInlineSnapshot(`
      "exit 0
      | iris:v1
      iris:v1: now in file://WORK/other; SIZE sent
      "
    `);
    await cli.must("models delete iris:v1 --yes");
    expect(sizesAway(await cli.seen("models pull iris --from other"))).toMatchInlineSnapshot(`
      "exit 0
      | iris:v1
      iris:v1: now in file://HOME; SIZE sent
      "
    `);
  });

  it.each([
    ["models push iris:v1", 2],
    ["models push iris:v1 --to oci:team", 2],
    ["models push iris:v1 --to oci://host/Team", 2],
    ["models push iris:v1 --to oci://127.0.0.1:1/team", 3],
    ["models pull iris:v1 --from oci://127.0.0.1:1/team", 5],
  ])("tell %j", async (line, exitCode) => {
    await using cli = await testCli();
    expect((await cli.bento(line)).exitCode).toBe(exitCode);
  });
});

async function importIris(cli: TestCli): Promise<void> {
  const { path } = await fixtureModel("iris_random_forest");
  await cli.must(`models import ${path} --name iris --version v1`);
}

function sizesAway(text: string): string {
  return text.replaceAll(/\d+(\.\d+)? [kM]?B/g, "SIZE");
}
