/**
 * Command lines that cannot be read: each says what is wrong, suggests what was meant, and exits 2.
 */
import { describe, expect, it } from "vitest";
import { testCli } from "../support/cli.ts";

async function seen(line: string): Promise<string> {
  await using cli = await testCli();
  return await cli.seen(line);
}

describe("a misspelt word", () => {
  it("suggests the command", async () => {
    expect(await seen("bild")).toMatchInlineSnapshot(`
      "exit 2
      error: unknown command 'bild'
        do: did you mean build?
      "
    `);
  });

  it("suggests the group of commands", async () => {
    expect(await seen("modles list")).toMatchInlineSnapshot(`
      "exit 2
      error: unknown command 'modles'
        do: did you mean models?
      "
    `);
  });

  it("suggests the command within a group", async () => {
    expect(await seen("models improt x.onnx --name x")).toMatchInlineSnapshot(`
      "exit 2
      error: unknown command 'improt'
        do: did you mean import?
      "
    `);
  });

  it("suggests the flag", async () => {
    expect(await seen("build --storr x")).toMatchInlineSnapshot(`
      "exit 2
      error: unknown option '--storr'
        do: did you mean --store?
      "
    `);
  });

  it("suggests the flag also where a required one is missing by that", async () => {
    expect(await seen("models import iris.onnx --nmae iris")).toMatchInlineSnapshot(`
      "exit 2
      error: unknown option '--nmae'
        do: did you mean --name?
      "
    `);
  });

  it("suggests the choice of a flag", async () => {
    expect(await seen("list -o jsn")).toMatchInlineSnapshot(`
      "exit 2
      error: '-o, --output <format>' cannot be "jsn"
        do: did you mean json? choose one of table, json, yaml, tag
      "
    `);
  });

  it("suggests the choice of an argument", async () => {
    expect(await seen("completion bsh")).toMatchInlineSnapshot(`
      "exit 2
      error: 'shell' cannot be "bsh"
        do: did you mean bash? choose one of bash, zsh, fish
      "
    `);
  });

  it("suggests the platform to deploy to", async () => {
    expect(await seen("deploy iris --platform aws-lamda")).toMatchInlineSnapshot(`
      "exit 2
      error: no platform "aws-lamda"; did you mean aws-lambda?
        at: --platform
        do: what works today: aws-ecs-gpu, aws-lambda, local
      "
    `);
  });

  it("suggests the platform of a deployment", async () => {
    expect(await seen("deployment get iris --platform locl")).toMatchInlineSnapshot(`
      "exit 2
      error: no platform "locl"; did you mean local?
        at: --platform
        do: what works today: aws-ecs-gpu, aws-lambda, local
      "
    `);
  });

  it("suggests the platform of an image", async () => {
    expect(await seen("containerize iris --platform linux/amd46")).toMatchInlineSnapshot(`
      "exit 2
      error: no image platform "linux/amd46"
        do: did you mean linux/amd64? choose one of linux/amd64, linux/arm64
      "
    `);
  });

  it("suggests the command to get help for", async () => {
    expect(await seen("help bild")).toMatchInlineSnapshot(`
      "exit 2
      error: bento has no command "bild"
        do: did you mean build?
      "
    `);
  });

  it("suggests nothing where nothing is near, and says what lists them all", async () => {
    expect(await seen("frobnicate")).toMatchInlineSnapshot(`
      "exit 2
      error: unknown command 'frobnicate'
        do: bento --help lists its commands
      "
    `);
    expect(await seen("build --frobnicate")).toMatchInlineSnapshot(`
      "exit 2
      error: unknown option '--frobnicate'
        do: bento build --help shows how it is used
      "
    `);
    expect(await seen("deploy iris --platform heroku")).toMatchInlineSnapshot(`
      "exit 2
      error: no platform "heroku"
        at: --platform
        do: what works today: aws-ecs-gpu, aws-lambda, local
      "
    `);
  });

  it("names a platform that is planned only as such", async () => {
    expect(await seen("deploy iris --platform google-cloud-run")).toMatchInlineSnapshot(`
      "exit 2
      error: the platform google-cloud-run is not there yet
        at: --platform
        do: what works today: aws-ecs-gpu, aws-lambda, local
      "
    `);
  });
});

describe("an incomplete command", () => {
  it("names the commands of a group", async () => {
    expect(await seen("models")).toMatchInlineSnapshot(`
      "exit 2
      error: bento models needs a command
        do: one of import, list, get, export, delete, alias, promote, sign, rollback, history, diff, push, pull, verify, gc, cache; bento models --help says what they do
      "
    `);
    expect(await seen("base")).toMatchInlineSnapshot(`
      "exit 2
      error: bento base needs a command
        do: one of build; bento base --help says what they do
      "
    `);
  });

  it("names the missing argument", async () => {
    expect(await seen("models get")).toMatchInlineSnapshot(`
      "exit 2
      error: missing required argument 'tag'
        do: bento models get --help shows how it is used
      "
    `);
  });

  it("names the missing value of a flag", async () => {
    expect(await seen("build --store")).toMatchInlineSnapshot(`
      "exit 2
      error: option '--store <url>' argument missing
        do: bento build --help shows how it is used
      "
    `);
  });

  it("asks for the name of a model", async () => {
    expect(await seen("models import iris.onnx")).toMatchInlineSnapshot(`
      "exit 2
      error: which model is it? --name is not given
        do: bento models import iris.onnx --name my_model
      "
    `);
  });

  it("counts superfluous arguments", async () => {
    expect(await seen("get iris:v1 iris:v2")).toMatchInlineSnapshot(`
      "exit 2
      error: too many arguments for 'get': expected 1 argument but got 2
        do: bento get --help shows how it is used
      "
    `);
  });

  it("names flags that exclude each other", async () => {
    expect(await seen("deploy --apply plan.json --plan")).toMatchInlineSnapshot(`
      "exit 2
      error: option '--apply <file>' cannot be used with option '--plan'
        do: bento deploy --help shows how it is used
      "
    `);
    expect(await seen("deploy iris --emit out --out plan.json")).toMatchInlineSnapshot(`
      "exit 2
      error: option '--emit <directory>' cannot be used with option '--out <file>'
        do: bento deploy --help shows how it is used
      "
    `);
  });
});

describe("a bad value of a flag", () => {
  it.each([
    ["serve -p abc", "abc"],
    ["serve --port 65536", "65536"],
    ["serve --port -1", "-1"],
    ["serve --port 3.5", "3.5"],
  ])("refuses the port of %j", async (line, port) => {
    expect(await seen(line)).toBe(
      `exit 2\nerror: expected --port with a number from 0 to 65535, got "${port}"\n  do: e.g. --port 3000; 0 takes any free one\n`,
    );
  });

  it("refuses a store that no driver opens", async () => {
    expect(await seen("list --store ftp://host/x")).toMatchInlineSnapshot(`
      "exit 2
      error: no store has the scheme ftp: ftp://host/x
        do: name a folder, file:///folder, s3://bucket/prefix or memory://
      "
    `);
    expect(await seen("list --store s3://bucket/x")).toMatchInlineSnapshot(`
      "exit 2
      error: cannot list s3://bucket/x bentos/: no region is set
        at: s3://bucket/x bentos/
        do: add it to the store's URL: ?region=…, or set AWS_REGION
      "
    `);
    expect(await seen("list --store file://host")).toMatchInlineSnapshot(`
      "exit 2
      error: not the URL of a folder: file://host
        do: write three slashes and an absolute path, e.g. file:///srv/bento
      "
    `);
  });

  it("refuses a tag and shows one that would do", async () => {
    expect(await seen("get Iris:v1")).toMatchInlineSnapshot(`
      "exit 2
      error: not a tag: "Iris:v1"
        do: write it as name or name:version, each part 1 to 63 of a-z 0-9 . _ -, e.g. iris:v1
      "
    `);
    expect(await seen("models get ../../etc/passwd")).toMatchInlineSnapshot(`
      "exit 2
      error: not a tag: "../../etc/passwd"
        do: write it as name or name:version, each part 1 to 63 of a-z 0-9 . _ -, e.g. etc_passwd
      "
    `);
  });

  it("refuses a version where a name is due", async () => {
    expect(await seen("list iris:v1")).toMatchInlineSnapshot(`
      "exit 2
      error: expected a name to list, got the tag iris:v1
        do: bento get iris:v1 shows it; bento list iris lists its versions
      "
    `);
    expect(await seen("models list iris:v1")).toMatchInlineSnapshot(`
      "exit 2
      error: expected a name to list, got the tag iris:v1
        do: bento models get iris:v1 shows it; bento models list iris lists its versions
      "
    `);
  });
});

describe("an error under --json", () => {
  const document =
    '{"error":{"code":"BENTO_NOT_FOUND","message":"no bento is called iris","where":"file://HOME","hint":"the store has no bentos yet"}}\n';

  it.each(["get iris --json", "get iris -o json", "get iris -ojson", "get iris --output=json"])(
    "is one document for %j, on stderr",
    async (line) => {
      await using cli = await testCli();
      expect(await cli.bento(line)).toEqual({ exitCode: 3, out: "", err: document });
    },
  );

  it("is one also for a command line that cannot be read", async () => {
    expect(await seen("bild --json")).toMatchInlineSnapshot(`
      "exit 2
      {"error":{"code":"BENTO_USAGE","message":"unknown command 'bild'","hint":"did you mean build?"}}
      "
    `);
  });
});
