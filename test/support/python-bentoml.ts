/**
 * The real BentoML of PyPI, as `.ci/run` installs it into a folder of its own: what it makes of our archives.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const PYTHON = join(import.meta.dirname, "../../.tmp/bentoml/bin/python");
/** There once everything was installed. */
const INSTALLED = join(PYTHON, "../bentoml");

/** Imports an archive into a new store, reads the model back and runs it on one row. */
const SCRIPT = `
import json, sys
import bentoml, numpy
archive, tag = sys.argv[1:]
bentoml.models.import_model(archive)
model = bentoml.models.get(tag)
answers = bentoml.onnx.load_model(model).run(None, {"X": numpy.array([[6.3, 3.3, 6.0, 2.5]], numpy.float32)})
info = model.info
print(json.dumps({
    "tag": str(model.tag), "labels": info.labels, "metadata": info.metadata, "module": info.module,
    "signatures": {name: [one.batchable, one.batch_dim] for name, one in info.signatures.items()},
    "inputs": info.options.input_specs, "created": info.creation_time.isoformat(),
    "label": answers[0].tolist(),
}))
`;

/** Whether BentoML is missing and tests may be skipped. */
export function skipWithoutBentoMl(): boolean {
  return process.env["BENTO_TEST_NO_SKIP"] !== "1" && !existsSync(INSTALLED);
}

/**
 * @param home - BENTOML_HOME, empty or new
 * @throws what BentoML says of an archive that it cannot import
 */
export async function importByBentoMl(file: string, tag: string, home: string): Promise<unknown> {
  const environment = { ...process.env, BENTOML_HOME: home, BENTOML_DO_NOT_TRACK: "True" };
  const { stdout } = await promisify(execFile)(PYTHON, ["-W", "ignore", "-c", SCRIPT, file, tag], {
    env: environment,
  });
  return JSON.parse(stdout);
}
