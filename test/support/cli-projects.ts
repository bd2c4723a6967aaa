/**
 * Small projects and models for tests of the command line.
 *
 * @module
 */
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type TestCli, testCli } from "./cli.ts";
import { onnxFile } from "./onnx-file.ts";

/** A service without models; what is around it a test adds. */
export const GREETER = `import { service } from "bentokit";
import * as z from "zod";

${"export default"} service({
  name: "greeter",
  apis: ({ api }) => ({
    greet: api({
      description: "Greets.",
      input: { name: z.string() },
      output: z.string(),
      run: async ({ name }) => \`hello \${name}\`,
    }),
  }),
});
`;

/** Writes the greeter, with other files beside or over it. */
export async function writeGreeter(
  cli: TestCli,
  files: Readonly<Record<string, string>> = {},
): Promise<void> {
  for (const [path, content] of Object.entries({ "service.ts": GREETER, ...files })) {
    await cli.write(path, content);
  }
}

/** A loadable model in `small.onnx`, whose bytes differ by `seed`. */
export async function writeModel(cli: TestCli, seed = ""): Promise<void> {
  await cli.write("small.onnx", onnxFile({ producer: `test ${seed}` }));
}

/** The iris project in `iris/`, its model registered as `iris_classifier:v1`. */
export async function irisProject(cli: TestCli): Promise<void> {
  const fixture = (path: string) =>
    fileURLToPath(new URL(`../../fixtures/${path}`, import.meta.url));
  await cp(fixture("iris"), join(cli.work, "iris"), { recursive: true });
  await cp(fixture("models/iris_random_forest/model.onnx"), join(cli.work, "iris.onnx"));
  await cli.must("models import iris.onnx --name iris_classifier --version v1");
}

/** Two versions of `small`, the second one latest, and `other:v1`; `small:production` is v1. */
export async function withModels(): Promise<TestCli> {
  const cli = await testCli();
  for (const [seed, tag] of [
    ["1", "small --version v1"],
    ["2", "small --version v2"],
    ["3", "other --version v1"],
  ]) {
    await writeModel(cli, seed);
    await cli.must(`models import small.onnx --name ${tag}`);
  }
  await cli.must("models alias small:v1 --to production");
  return cli;
}
