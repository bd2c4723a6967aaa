/**
 * The CDK app of a service on ECS.
 *
 * @module
 */
import { importCdkApp } from "../aws/import-cdk-app.ts";

/** @throws BentoError BENTO_MISSING_PEER when the library is out of reach */
export async function importApp(projectDirectory: string) {
  return await importCdkApp(projectDirectory, () => import("../../infra/ecs-app.ts"));
}
