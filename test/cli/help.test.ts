/**
 * Help is an answer: it stands on stdout and exits 0, whichever way it is asked for.
 */
import { describe, expect, it } from "vitest";
import { createProgram } from "../../cli/program.ts";
import { readVersion } from "../../cli/version.ts";
import { testCli } from "../support/cli.ts";

describe("help", () => {
  it("shows every command and the exit codes", async () => {
    await using cli = await testCli();
    expect(await cli.seen("--help")).toMatchInlineSnapshot(`
      "exit 0
      | Usage: bento [options] [command]
      |
      | Model store → service → bento → deployment, on platforms that scale to zero.
      |
      | Options:
      |   -V, --version                  print the version
      |   -h, --help                     show help
      |
      | Commands:
      |   init [options] [directory]     make a new project (default: here); files that
      |                                  exist are never overwritten
      |   models                         keep trained models in versions
      |   types [options] [directory]    write bentokit-env.d.ts with the inputs and
      |                                  outputs of the store's models
      |   serve [options] [target]       serve a project folder, a service file or a
      |                                  bento's tag (default: the project here)
      |   profile [options] [target]     measure the models of a project folder or a
      |                                  bento's tag (default: the project here)
      |   build [options] [target]       build the project in a folder (default: here),
      |                                  or SERVICE_FILE:EXPORT
      |   list [options] [name]          list built bentos, newest first
      |   get [options] <tag>            show a bento: apis, models, files
      |   delete [options] <tags...>     delete bentos; what a deployment uses is kept
      |   export [options] <tag> [file]  write a .bento archive, the same bytes every
      |                                  time (default: NAME-VERSION.bento)
      |   import [options] <file>        read a .bento archive into the store
      |   push [options] <tags...>       copy bentos, with their models, to another
      |                                  store; what it has is not sent
      |   pull [options] <tags...>       copy bentos, with their models, from another
      |                                  store; what is here is not fetched
      |   containerize [options] <tag>   make an OCI image of a bento and print its
      |                                  digest
      |   image                          push, pull and check container images
      |   repin [options] <bento>        make a bento, and its image, with another
      |                                  version of a model; no sources needed
      |   base                           base images
      |   deploy [options] [bento]       deploy a bento (default: build the project here
      |                                  and deploy that)
      |   deployment                     look after deployments
      |   doctor [options]               look whether a deploy could go through; exit 5
      |                                  when something stands in its way
      |   completion <shell>             print a completion script, e.g. eval "$(bento
      |                                  completion bash)"
      |   help [command...]              show help for a command
      |
      | Examples:
      |   bento init iris                                    a new project that serves at once
      |   bento models import iris.onnx --name iris --version v1
      |   bento serve service.ts --reload                    develop at http://127.0.0.1:PORT
      |   bento build                                        service.ts + bentofile.yaml → iris:<version>
      |   bento containerize iris:latest                     an OCI image, no Docker, same bytes every time
      |   bento deploy iris:latest --platform local
      |
      | Exit codes: 0 done · 1 a bug · 2 usage or input · 3 not found · 4 conflict · 5 refused by disk or network
      |             6 unhealthy · 7 refused by a check · 8 rollback failed · 9 changes pending · 130 interrupted
      "
    `);
  });

  it("is what bento alone answers", async () => {
    await using cli = await testCli();
    expect(await cli.run([])).toEqual(await cli.run(["--help"]));
  });

  it.each([
    [["help"], ["--help"]],
    [["-h"], ["--help"]],
    [
      ["help", "build"],
      ["build", "--help"],
    ],
    [
      ["help", "models"],
      ["models", "--help"],
    ],
    [
      ["help", "models", "import"],
      ["models", "import", "--help"],
    ],
    [
      ["models", "help", "import"],
      ["models", "import", "--help"],
    ],
    [
      ["models", "help"],
      ["models", "--help"],
    ],
  ])("answers %j as it answers %j", async (asked, same) => {
    await using cli = await testCli();
    const answer = await cli.run(asked);
    expect(answer).toEqual(await cli.run(same));
    expect({ exitCode: answer.exitCode, err: answer.err }).toEqual({ exitCode: 0, err: "" });
  });

  it("describes every command and every option", async () => {
    await using cli = await testCli();
    const undescribed: string[] = [];
    const visit = (command: ReturnType<typeof createProgram>) => {
      for (const option of command.options) {
        if (option.description === "") {
          undescribed.push(`${command.name()} ${option.flags}`);
        }
      }
      if (command.description() === "") {
        undescribed.push(command.name());
      }
      command.commands.forEach(visit);
    };
    visit(
      createProgram(
        {
          cwd: cli.work,
          environment: {},
          out: () => {},
          err: () => {},
          isTerminal: false,
          hasColour: false,
          signal: new AbortController().signal,
          ask: async () => undefined,
        },
        () => {},
      ),
    );
    expect(undescribed).toEqual([]);
  });

  it("names what an option takes and what it does", async () => {
    await using cli = await testCli();
    expect(await cli.seen("deploy --help")).toMatchInlineSnapshot(`
      "exit 0
      | Usage: bento deploy [options] [bento]
      |
      | deploy a bento (default: build the project here and deploy that)
      |
      | Options:
      |   --platform <name>           where to: local or aws-lambda (default: the
      |                               environment's)
      |   --env <name>                environment of bentofile.yaml (default: "default")
      |   --name <name>               name of the deployment (default: the bento's)
      |   --set <key=value>           option of the platform, over bentofile.yaml
      |   --engine <name>             on local: process, bwrap, podman or docker (as
      |                               --set engine=)
      |   --region <name>             on a cloud: its region (as --set region=)
      |   --set-env <key=value>       environment variable of the service
      |   --secret <key=reference>    variable whose value the platform keeps
      |   --canary <percent>          share of the traffic for the new version first, 1
      |                               to 99
      |   --plan                      show what would be done and stop
      |   --offline                   with --plan: ask no platform what stands; the plan
      |                               of a first deploy
      |   --detailed-exitcode         with --plan: exit 9 when something would change
      |   --out <file>                write the plan to a file and stop
      |   --apply <file>              apply a plan made with --out; refused when
      |                               something changed since
      |   --emit <directory>          write the platform's own deployment files and stop
      |   --model <name=tag>          deploy it with another version of a model
      |   --image <oci:DIR>           image to deploy (default: made when the platform
      |                               needs one)
      |   --base <ref>                base of that image: a reference, or oci:DIR
      |   --require-signature <file>  deploy only an image that this public key's owner
      |                               signed, e.g. bento.pub
      |   --no-verify                 skip the golden requests; this is recorded
      |   -y, --yes                   do not ask
      |   --store <url>               store to work on (default: BENTO_STORE, else the
      |                               local one)
      |   --json                      write one JSON document to stdout
      |   -h, --help                  show help
      "
    `);
  });
});

describe("--version", () => {
  it.each(["--version", "-V"])("prints the version of the package for %s", async (flag) => {
    await using cli = await testCli();
    expect(await cli.bento(flag)).toEqual({ exitCode: 0, out: `${readVersion()}\n`, err: "" });
  });
});
