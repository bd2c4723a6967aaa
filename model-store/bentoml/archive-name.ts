/**
 * Which files are archives of BentoML's, by their names alone: nothing is read.
 *
 * @module
 */
/** True for every name that BentoML takes for an archive, also for those in compressions that are not read here. */
export function isArchiveName(file: string): boolean {
  return /\.(?:bentomodel|tar|xz|txz|gz|tgz|bz2|zip)$/i.test(file);
}
