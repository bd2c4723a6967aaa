/**
 * Runs a job in a new process and waits for what it measured.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { S3_CREDENTIALS } from "../../test/support/s3-server.ts";
import type { Job, JobDone } from "./job.ts";

const JOB = fileURLToPath(new URL("./job.ts", import.meta.url));

/**
 * What earlier copies have left to be written goes to disk first: no job waits for another's bytes.
 *
 * @throws when the process fails, with what it said
 */
export async function runJob(job: Job): Promise<JobDone> {
  await promisify(execFile)("sync");
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--conditions=bentokit-source", "--no-warnings", JOB, JSON.stringify(job)],
    { env: { ...process.env, ...S3_CREDENTIALS } },
  );
  return JSON.parse(stdout);
}
