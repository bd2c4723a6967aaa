/**
 * Reads all that a store keeps and compares it with its digests.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";
import type { Digest } from "../core/digest.ts";
import type { StoredFile } from "../core/model-manifest.ts";
import { type OnProgress, silent } from "../core/progress.ts";
import { runStep } from "../core/run-step.ts";
import { type ExactTag, formatTag } from "../core/tag.ts";
import { openBlob } from "./blobs.ts";
import type { Driver, WaitOptions } from "./driver.ts";
import { findVersion, listNames, listVersions, type Shelf } from "./shelf.ts";
import { filesOfBento, type Shelves } from "./used-digests.ts";

export interface VerifyStoreOptions extends WaitOptions {
  readonly onProgress?: OnProgress | undefined;
}

export interface DamagedVersion {
  /** `model iris:v1` */
  readonly what: string;
  /** One in words for each thing that is wrong with it. */
  readonly problems: readonly string[];
}

export interface VerifiedStore {
  readonly versions: number;
  /** Files that were read; what several versions share is read once. */
  readonly blobs: number;
  readonly bytes: number;
  /** Empty when all is as it was written. */
  readonly damaged: readonly DamagedVersion[];
}

/** Reads every version's document and every file once; what is damaged is told, not thrown. */
export async function verifyStore(
  driver: Driver,
  { models, bentos }: Shelves,
  options: VerifyStoreOptions = {},
): Promise<VerifiedStore> {
  const files = fileCheck(driver, options);
  const checked = [
    ...(await verifyShelf(models, ({ files: own }) => own, files, options)),
    ...(await verifyShelf(bentos, filesOfBento, files, options)),
  ];
  return {
    versions: checked.length,
    blobs: files.checked.size,
    bytes: files.bytes,
    damaged: checked.filter(({ problems }) => problems.length > 0),
  };
}

interface FileCheck {
  /** What was wrong with each blob, undefined for what was not. */
  readonly checked: Map<Digest, string | undefined>;
  bytes: number;
  problemOf(file: StoredFile): Promise<string | undefined>;
}

function fileCheck(driver: Driver, { onProgress = silent, signal }: VerifyStoreOptions): FileCheck {
  const check: FileCheck = {
    checked: new Map(),
    bytes: 0,
    async problemOf(file) {
      if (!check.checked.has(file.digest)) {
        const problem = await runStep(onProgress, { step: `verify ${file.path}` }, () =>
          problemIn(async () => {
            let doneBytes = 0;
            for await (const piece of await openBlob(driver, file, { signal })) {
              doneBytes += piece.length;
              check.bytes += piece.length;
              onProgress({
                kind: "step-progress",
                step: `verify ${file.path}`,
                doneBytes,
                totalBytes: file.size,
              });
            }
          }),
        );
        check.checked.set(file.digest, problem);
      }
      const problem = check.checked.get(file.digest);
      return problem === undefined ? undefined : `${file.path}: ${problem}`;
    },
  };
  return check;
}

async function verifyShelf<Manifest extends ExactTag>(
  shelf: Shelf<Manifest>,
  filesOf: (manifest: Manifest) => readonly StoredFile[],
  files: FileCheck,
  options: WaitOptions,
): Promise<DamagedVersion[]> {
  const checked: DamagedVersion[] = [];
  for await (const name of listNames(shelf, options)) {
    for await (const version of listVersions(shelf, name, options)) {
      const tag = { name, version };
      const problems: string[] = [];
      let own: readonly StoredFile[] = [];
      const problem = await problemIn(async () => {
        const stored = await findVersion(shelf, tag, options);
        own = stored === undefined ? [] : filesOf(stored.manifest);
      });
      problems.push(...(problem === undefined ? [] : [problem]));
      for (const file of own) {
        const found = await files.problemOf(file);
        problems.push(...(found === undefined ? [] : [found]));
      }
      checked.push({ what: `${shelf.noun} ${formatTag(tag)}`, problems });
    }
  }
  return checked;
}

/** The message of damage; anything else, as a network that fails, ends the work. */
async function problemIn(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (
      BentoError.isInstance(error) &&
      (error.code === "BENTO_INTEGRITY" || error.code === "BENTO_NOT_FOUND")
    ) {
      return error.message;
    }
    throw error;
  }
}
