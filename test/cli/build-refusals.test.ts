/**
 * Each way in which a project can be wrong: all that is wrong is told, at its place, and nothing is built.
 */
import { describe, expect, it } from "vitest";
import { testCli } from "../support/cli.ts";
import { irisProject, writeGreeter } from "../support/cli-projects.ts";

describe("bento build of what cannot be built", () => {
  const seen = async (files: Readonly<Record<string, string>>, line = "build") => {
    await using cli = await testCli();
    await writeGreeter(cli, files);
    const text = await cli.seen(line);
    expect((await cli.bento("list -o tag")).out).toBe("");
    return text;
  };
  const service = (source: string) => seen({ "service.ts": source });

  it("tells all five mistakes of a bentofile.yaml with their places", async () => {
    const bentofile = `servce: service.ts
name: Greeter
labels:
  owner: 3
include: labels.txt
docker:
  python_version: "3.11"
`;
    expect(await seen({ "bentofile.yaml": bentofile })).toMatchInlineSnapshot(`
      "exit 2
      error: bentofile.yaml:1:1: unknown key servce; did you mean service?
             bentofile.yaml:2:1: name: expected 1 to 63 of a-z 0-9 . _ -, alphanumeric at both ends, got "Greeter"
             bentofile.yaml:4:3: labels.owner: expected a string, got 3
             bentofile.yaml:5:1: include: expected a list, got "labels.txt"
             bentofile.yaml:7:3: docker.python_version: a key of BentoML's; there is no Python in the image; its Node comes with the base, docker.base
        at: bentofile.yaml
        do: mend the lines named above; docs/bentofile.md has every key
      "
    `);
  });

  it("tells a bentofile.yaml that is no YAML, and one that is a folder", async () => {
    expect(await seen({ "bentofile.yaml": "labels: {a: 1" })).toMatchInlineSnapshot(`
      "exit 2
      error: bentofile.yaml:1:14: not YAML: flow map in block collection must be sufficiently indented and end with a }
        at: bentofile.yaml
        do: mend the lines named above; docs/bentofile.md has every key
      "
    `);
    expect(await seen({ "bentofile.yaml/x": "" })).toMatchInlineSnapshot(`
      "exit 5
      error: cannot read WORK/bentofile.yaml: it is a folder
        at: WORK/bentofile.yaml
        do: name a file
      "
    `);
  });

  it("names the line where apis throws", async () => {
    expect(
      await service(`import { service } from "bentokit";

function load(): never {
  throw new Error("no weights");
}
export default service({ name: "x", apis: () => load() });
`),
    ).toMatchInlineSnapshot(`
      "exit 2
      ✓ bundle  TIME
      error: apis: the function threw Error: no weights
        at: service.ts:4:9, service "x"
        do: mend the options of service({ … }) in service.ts
      "
    `);
  });

  it("names the line of a service that throws later, before it is described", async () => {
    expect(
      await service(
        `setTimeout(() => { throw new Error("later"); }, 0);\nawait new Promise(() => setInterval(() => {}, 9));\n`,
      ),
    ).toMatchInlineSnapshot(`
      "exit 2
      ✓ bundle  TIME
      error: the service threw while it was loaded: later
        at: service.ts:1:26
        do: mend the line named above; nothing was built
      "
    `);
  });

  it("names the line of a service that throws while it is loaded", async () => {
    expect(
      await service(`const limit = 3;\n\nthrow new Error("no weights");\n`),
    ).toMatchInlineSnapshot(`
      "exit 2
      ✓ bundle  TIME
      error: the service threw while it was loaded: no weights
        at: service.ts:3:7
        do: mend the line named above; nothing was built
      "
    `);
  });

  it("names the line of a module that the service imports", async () => {
    expect(
      await seen({
        "service.ts": 'import "./lib/a b.ts";\n',
        "lib/a b.ts": "\n\nnull.x;\n",
      }),
    ).toMatchInlineSnapshot(`
      "exit 2
      ✓ bundle  TIME
      error: the service threw while it was loaded: Cannot read properties of null (reading 'x')
        at: lib/a b.ts:3:6
        do: mend the line named above; nothing was built
      "
    `);
  });

  it("names the line of service() where an option is wrong", async () => {
    expect(
      await service(`import { service } from "bentokit";

export default service({ name: "Greeter", apis: () => ({}) });
`),
    ).toMatchInlineSnapshot(`
      "exit 2
      ✓ bundle  TIME
      error: name: expected 1 to 63 of a-z 0-9 . _ -, a letter or digit at both ends, got "Greeter"
             apis: expected an object with at least one api, got {}
        at: service.ts:3:16, service "Greeter"
        do: mend the options of service({ … }) in service.ts
      "
    `);
  });

  it("shows what is thrown when it is no error", async () => {
    expect(await service(`throw "a text";\n`)).toMatchInlineSnapshot(`
      "exit 2
      ✓ bundle  TIME
      error: the service threw while it was loaded: a text
        at: service.ts
        do: mend that file; nothing was built
      "
    `);
  });

  it("tells a service that exits, with the end of what it wrote", async () => {
    expect(
      await service(`console.error("first\\n\\nlast"); process.exit(3);\n`),
    ).toMatchInlineSnapshot(`
      "exit 2
      ✓ bundle  TIME
      error: the service ended the process (exit code 3)
             first
             last
        at: service.ts
        do: keep the top level of service.ts to definitions; work at start belongs into onStart
      "
    `);
  });

  it("tells a service that waits for what never comes", async () => {
    expect(await service("await new Promise(() => {});\n")).toMatchInlineSnapshot(`
      "exit 2
      ✓ bundle  TIME
      error: the service awaits something at its top level that never comes
        at: service.ts
        do: keep the top level of service.ts to definitions; work at start belongs into onStart
      "
    `);
  });

  it("tells a missing default export, and one that is no service", async () => {
    expect(await service("export const iris = 1;\n")).toMatchInlineSnapshot(`
      "exit 2
      ✓ bundle  TIME
      error: the module has no default export; it exports iris
        at: service.ts
        do: write: export default service({ … })
      "
    `);
    expect(await service("")).toMatchInlineSnapshot(`
      "exit 2
      ✓ bundle  TIME
      error: the default export is an object, not a service; it exports default
        at: service.ts
        do: write: export default service({ … })
      "
    `);
    expect(await service('export default { name: "x" };\n')).toMatchInlineSnapshot(`
      "exit 2
      ✓ bundle  TIME
      error: the default export is an object, not a service; it exports default
        at: service.ts
        do: write: export default service({ … })
      "
    `);
  });

  it("tells an export that is not there", async () => {
    expect(await seen({}, "build service.ts:Greeter")).toMatchInlineSnapshot(`
      "exit 2
      ✓ bundle  TIME
      error: the module has no export "Greeter"; it exports default
        at: service.ts
        do: name one: service.ts:default, on the command line or as service: in bentofile.yaml
      "
    `);
  });

  it("tells a syntax error, and every import that cannot be found", async () => {
    expect(await service("export default {\n  a: ;\n")).toMatchInlineSnapshot(`
      "exit 2
      error: service.ts:2:6: Unexpected ";"
        at: service.ts
        do: mend the lines named above; packages that the service imports must be installed in the project
      "
    `);
    expect(
      await service(`import pad from "left-pad";
import { weights } from "./weights.ts";
import { openStore } from "bentokit/models";
export default [pad, weights, openStore];
`),
    ).toMatchInlineSnapshot(`
      "exit 2
      error: service.ts:1:17: Could not resolve "left-pad"
             service.ts:2:25: Could not resolve "./weights.ts"
             service.ts:3:27: bentokit/models cannot be imported by a service: only "bentokit" ships in the image
        at: service.ts
        do: mend the lines named above; packages that the service imports must be installed in the project
      "
    `);
  });

  it("tells an import that bentokit does not have", async () => {
    expect(
      await service(`import { servce } from "bentokit";\nexport default servce;\n`),
    ).toMatchInlineSnapshot(`
      "exit 2
      error: service.ts:1:10: No matching export in "bentokit" for import "servce"
        at: service.ts
        do: mend the lines named above; packages that the service imports must be installed in the project
      "
    `);
  });

  it("names what the store has where it lacks a model", async () => {
    await using cli = await testCli();
    await irisProject(cli);
    await cli.write(
      "two/service.ts",
      `import { model, service } from "bentokit";
import * as z from "zod";
export default service({
  name: "two",
  models: { a: model("iris_clasifier"), b: model("digits:v1") },
  apis: ({ api }) => ({ f: api({ input: {}, output: z.int(), run: async () => 1 }) }),
});
`,
    );
    expect(await cli.seen("build two")).toMatchInlineSnapshot(`
      "exit 3
      ✓ bundle  TIME
      ✓ describe  TIME
      error: models.a: no model is called iris_clasifier
             models.b: no model is called digits
        at: service.ts
        do: did you mean iris_classifier? models here: iris_classifier
      "
    `);
  });

  it("tells a pattern of include that matches nothing or leaves the project", async () => {
    expect(
      await seen({
        "bentofile.yaml": "include: [labels/*.txt, ../secret, /etc/passwd]\nexclude: [../x]\n",
      }),
    ).toMatchInlineSnapshot(`
      "exit 2
      ✓ bundle  TIME
      ✓ describe  TIME
      error: include: "../secret" leaves the project
             include: "/etc/passwd" leaves the project
             exclude: "../x" leaves the project
             include: no file matches "labels/*.txt"
        at: WORK/bentofile.yaml
        do: move the files into the project; patterns are relative to the folder of bentofile.yaml, e.g. labels/*.txt
      "
    `);
  });

  it("refuses an include over a file that the build writes", async () => {
    expect(
      await seen({
        "bentofile.yaml": 'include: ["*.js*"]\n',
        "service.js": "",
        "package.json": "{}",
        "labels.json": "[]",
      }),
    ).toMatchInlineSnapshot(`
      "exit 2
      ✓ bundle  TIME
      ✓ describe  TIME
      error: include: "package.json" is the name of a file that the build writes
             include: "service.js" is the name of a file that the build writes
        at: WORK/bentofile.yaml
        do: rename the file, or take it out with exclude
      "
    `);
  });

  it("tells each bad line of golden requests, and a file that no api has", async () => {
    expect(
      await seen({
        "golden/greet.jsonl": `{"input": {"name": "a"}, "output": "hello a"}
nope
{"inptu": 1}

{"input": 1, "output": 2, "tolerance": -1}
[]
`,
        "golden/gret.jsonl": "",
      }),
    ).toMatchInlineSnapshot(`
      "exit 2
      ✓ bundle  TIME
      ✓ describe  TIME
      error: golden/greet.jsonl:2: not JSON: Unexpected token 'o', "nope" is not valid JSON
             golden/greet.jsonl:3: input is missing
             golden/greet.jsonl:3: output is missing
             golden/greet.jsonl:3: unknown key "inptu"; did you mean input?
             golden/greet.jsonl:5: tolerance: expected a number from 0
             golden/greet.jsonl:6: expected an object
             golden/gret.jsonl: no api "gret"; did you mean greet?
        at: WORK/golden
        do: each line is {"input": …, "output": …, "tolerance": 1e-5}, and each file is named after an api
      "
    `);
  });

  it("tells a target that is not there, and one that is no source", async () => {
    expect(await seen({}, "build servce.ts")).toMatchInlineSnapshot(`
      "exit 3
      error: no such file or folder: "servce.ts"
        at: WORK
        do: did you mean service.ts?
      "
    `);
    expect(await seen({}, "build nowhere")).toMatchInlineSnapshot(`
      "exit 3
      error: no such file or folder: "nowhere"
        at: WORK
        do: name a folder with a service.ts, or the service file itself; bento init DIR makes one
      "
    `);
    expect(await seen({ "notes.txt": "" }, "build notes.txt")).toMatchInlineSnapshot(`
      "exit 2
      error: not a service file: "notes.txt"
        at: WORK
        do: name a folder with a service.ts, or the service file itself: a .ts or .js file
      "
    `);
    expect(await seen({ "empty/notes.txt": "" }, "build empty")).toMatchInlineSnapshot(`
      "exit 3
      error: no service file "service.ts"
        at: WORK/empty
        do: write a service.ts there (bento init shows one), or name it with service: in bentofile.yaml
      "
    `);
    expect(await seen({ "bentofile.yaml": "service: ../x.ts" })).toMatchInlineSnapshot(`
      "exit 2
      error: the service must lie in the project: "../x.ts"
        at: WORK/bentofile.yaml
        do: move the file into the project, or build from the folder that holds it
      "
    `);
    expect(await seen({ "bentofile.yaml": "service: sevice.ts" })).toMatchInlineSnapshot(`
      "exit 3
      error: no service file "sevice.ts"
        at: WORK
        do: did you mean service.ts? name it with service: in bentofile.yaml
      "
    `);
  });
});
