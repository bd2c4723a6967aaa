/**
 * Whatever is typed, the answer is no defect: random words end soon, with an exit code that means something, and with
 * nothing written outside of the home and the working folder.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createProgram } from "../../cli/program.ts";
import { type TestCli, testCli } from "../support/cli.ts";
import { writeGreeter, writeModel } from "../support/cli-projects.ts";

type Command = ReturnType<typeof createProgram>;

const PROGRAM = createProgram(
  {
    cwd: "/",
    environment: {},
    out: () => {},
    err: () => {},
    isTerminal: false,
    hasColour: false,
    signal: new AbortController().signal,
    ask: async () => undefined,
  },
  () => {},
);

/** Paths of all commands, e.g. `["models", "import"]`. */
function paths(command: Command, path: readonly string[] = []): string[][] {
  return [[...path], ...command.commands.flatMap((child) => paths(child, [...path, child.name()]))];
}

function flags(command: Command): string[] {
  return [
    ...command.options.flatMap(({ long, short }) => [long, short].filter((flag) => flag != null)),
    ...command.commands.flatMap(flags),
  ];
}

/** What may leave the machine or stay on it, and has tests of its own. */
const COSTLY = new Set(["serve", "base", "deploy", "doctor"]);
const PATHS = paths(PROGRAM).filter(([first = ""]) => !COSTLY.has(first));
const FLAGS = [...new Set(flags(PROGRAM))].filter((flag) => flag !== "--follow" && flag !== "-f");

const WORDS = [
  ...["greeter", "greeter:latest", "small", "small:v1", "small:production", "none:v9", "Iris"],
  ...[
    "small.onnx",
    "service.ts",
    "service.ts:default",
    ".",
    "none/none",
    "x.bento",
    "k=v",
    "a=b=c",
  ],
  ...[
    "oci:image",
    "oci:",
    "linux/amd64",
    "local",
    "aws-lambda",
    "json",
    "table",
    "-1",
    "0",
    "",
    " ",
  ],
  ...["--", "-", "--=", "-=x", "--no-", "é", "\u0000", "$(x)", "%s", "__proto__", "constructor"],
];

/** Any text that, as a path, stays in the working folder. */
const anyWord = fc.string({ maxLength: 8 }).filter((text) => !/^\/|\.\.|=\//.test(text));

const word = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...WORDS) },
  { weight: 4, arbitrary: fc.constantFrom(...FLAGS) },
  { weight: 1, arbitrary: anyWord },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(...FLAGS), fc.constantFrom(...WORDS))
      .map((pair) => pair.join("=")),
  },
);

const commandLine = fc
  .tuple(fc.constantFrom(...PATHS), fc.array(word, { maxLength: 5 }))
  .map(([path, words]) => [...path, ...words]);

/** Codes that a command may end with; 1 would be a defect. */
const MEANINGS = [0, 2, 3, 4, 5, 6, 7, 9, 130];

async function prepared(): Promise<TestCli> {
  const cli = await testCli();
  await writeGreeter(cli);
  await writeModel(cli);
  await cli.must("models import small.onnx --name small --version v1");
  await cli.must("build");
  return cli;
}

describe("run", () => {
  it("ends random command lines with an exit code that means something", async () => {
    await using cli = await prepared();
    await fc.assert(
      fc.asyncProperty(commandLine, async (argv) => {
        // no image is made of anything but a layout that is not there, so that no network is asked
        const words = argv[0] === "containerize" ? [...argv, "--base", "oci:nowhere"] : argv;
        const { exitCode, err } = await cli.run(words);
        expect({ exitCode: MEANINGS.includes(exitCode), err }).toEqual({ exitCode: true, err });
        expect(err).not.toMatch(/defect|undefined|\[object/);
        if (exitCode !== 0) {
          expect(err).toMatch(/(^|\n)(error: |\{"error":)./);
        }
      }),
      { numRuns: 300 },
    );
  }, 120_000);
});
