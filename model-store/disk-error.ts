/**
 * Turns what the file system says into words: which path, why, and what a person can do.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";

const REASONS: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  EROFS: [
    "the disk is read-only",
    "choose a folder that can be written, with --store or BENTO_HOME",
  ],
  EACCES: [
    "permission denied",
    "give yourself access to it, or choose another folder with --store or BENTO_HOME",
  ],
  EPERM: [
    "operation not permitted",
    "choose a folder that can be written, with --store or BENTO_HOME",
  ],
  ENOSPC: [
    "the disk is full",
    "free some space, or choose a folder on another disk with --store or BENTO_HOME",
  ],
  EDQUOT: [
    "your quota is used up",
    "free some space, or choose a folder on another disk with --store or BENTO_HOME",
  ],
  EFBIG: [
    "the file would be larger than is allowed here",
    "raise the limit (ulimit -f), or choose another disk",
  ],
  ENOTDIR: [
    "a part of the path is a file",
    "remove that file, or choose another folder with --store or BENTO_HOME",
  ],
  EISDIR: ["it is a folder", "name a file"],
  ENOENT: ["no such file or folder", "check the path"],
  EMFILE: ["too many open files", "raise the limit (ulimit -n) and try again"],
  ENOTSUP: [
    "the disk has no hard links",
    "choose a folder on another disk with --store or BENTO_HOME",
  ],
};

/** The `code` of a system error, e.g. ENOENT; undefined for anything else. */
export function systemCode(error: unknown): string | undefined {
  if (error instanceof Error && "code" in error && typeof error.code === "string") {
    return error.code;
  }
  return undefined;
}

/**
 * @param error - what was caught; our own errors and aborts come back as they are
 * @param doing - a verb for the message, e.g. `write`
 * @param path - the file or folder
 */
export function diskError(error: unknown, doing: string, path: string): unknown {
  const code = systemCode(error);
  if (code === undefined || code === "ABORT_ERR" || BentoError.isInstance(error)) {
    return error;
  }
  const [reason, hint] = REASONS[code] ?? [code, "look at the disk that holds it"];
  return new BentoError("BENTO_IO", `cannot ${doing} ${path}: ${reason}`, {
    where: path,
    hint,
    cause: error,
  });
}
