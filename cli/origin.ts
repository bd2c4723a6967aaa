/**
 * Who runs a command, of which sources and in which job: what histories keep of it.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { CliContext } from "./context.ts";

export interface Origin {
  readonly who?: string | undefined;
  /** Commit of the sources. */
  readonly revision?: string | undefined;
  /** Address of the job. */
  readonly run?: string | undefined;
}

/** From the variables of GitHub, GitLab and Jenkins; elsewhere the user, and the commit of the folder if it is in git. */
export async function originOf({ cwd, environment }: CliContext): Promise<Origin> {
  const first = (...names: readonly string[]) =>
    names.map((name) => environment[name]).find((value) => value !== undefined && value !== "");
  const {
    GITHUB_SERVER_URL: server,
    GITHUB_REPOSITORY: repository,
    GITHUB_RUN_ID: id,
  } = environment;
  return {
    who: first("GITHUB_ACTOR", "GITLAB_USER_LOGIN", "BUILD_USER_ID", "USER", "LOGNAME"),
    revision: first("GITHUB_SHA", "CI_COMMIT_SHA", "GIT_COMMIT") ?? (await headOf(cwd)),
    run:
      server && repository && id
        ? `${server}/${repository}/actions/runs/${id}`
        : first("CI_JOB_URL", "BUILD_URL"),
  };
}

async function headOf(folder: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)("git", ["rev-parse", "HEAD"], { cwd: folder });
    return stdout.trim();
  } catch {
    return undefined; // no git, or no repository
  }
}
