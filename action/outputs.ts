/**
 * From the answer of a command to the outputs of the action.
 *
 * @module
 */

export interface Outputs {
  readonly tag: string;
  readonly digest: string;
  readonly url: string;
  /** The answer on one line. */
  readonly json: string;
}

/** @param answer - what `--json` printed, parsed; an output that it does not have is empty */
export function outputsOf(answer: unknown): Outputs {
  const bento = at(answer, "bento");
  const name = text(bento, "name");
  const deployed = name === "" ? "" : `${name}:${text(bento, "version")}`;
  return {
    tag: text(answer, "tag") || deployed,
    digest: text(answer, "digest") || text(at(answer, "image"), "digest") || text(bento, "digest"),
    url: text(answer, "url"),
    json: JSON.stringify(answer),
  };
}

/**
 * The lines that GitHub reads from the file of GITHUB_OUTPUT.
 *
 * @param delimiter - stands in no value, so that none can end early and begin another output
 */
export function formatOutputs(outputs: Outputs, delimiter: string): string {
  return Object.entries(outputs)
    .map(([name, value]) => `${name}<<${delimiter}\n${value}\n${delimiter}\n`)
    .join("");
}

function at(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? Object.entries(value).find(([name]) => name === key)?.[1]
    : undefined;
}

function text(value: unknown, key: string): string {
  const found = at(value, key);
  return typeof found === "string" ? found : "";
}
