/**
 * Prometheus' own parsers in Python, of the Debian package `python3-prometheus-client`: what they make of a text that
 * was written by somebody else.
 *
 * @module
 */
import { spawnSync } from "node:child_process";

/** Debian's own; the first in the search path may know other packages. */
const PYTHON = "/usr/bin/python3";

const SCRIPT = `
import json, sys
from prometheus_client.parser import text_string_to_metric_families
families = text_string_to_metric_families(sys.stdin.read())
print(json.dumps([
    {"name": f.name, "type": f.type, "help": f.documentation,
     "samples": [[s.name, s.labels, "+Inf" if s.value == float("inf") else s.value] for s in f.samples]}
    for f in families]))
`;

export interface PythonFamily {
  /** Of a counter without `_total`. */
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly (readonly [string, Readonly<Record<string, string>>, number])[];
}

/** Whether the parser is missing and tests may be skipped. */
export function skipWithoutPython(): boolean {
  const found = spawnSync(PYTHON, ["-c", "import prometheus_client.parser"]);
  return process.env["BENTO_TEST_NO_SKIP"] !== "1" && found.status !== 0;
}

/** @throws what the parser says of a text that it cannot read */
export function parseByPython(text: string): readonly PythonFamily[] {
  const { status, stdout, stderr, error } = spawnSync(PYTHON, ["-c", SCRIPT], {
    input: text,
    encoding: "utf8",
  });
  if (status !== 0) {
    throw new Error(`python3-prometheus-client cannot read it: ${stderr}`, { cause: error });
  }
  return JSON.parse(stdout) as readonly PythonFamily[];
}
