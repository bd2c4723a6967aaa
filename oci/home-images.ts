/**
 * Where images are kept when nobody says where: one layout for all of them.
 *
 * @module
 */
import { join } from "node:path";

/** @param home - BENTO_HOME, absolute */
export function homeImages(home: string): string {
  return join(home, "images");
}
