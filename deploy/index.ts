/**
 * Deploying from a program, as `bento deploy` does it: plan, apply, verify, roll back, look after.
 *
 * @module
 */

// What a platform is, and which there are.
export type {
  Adapter,
  DeployedVersion,
  DeploymentStatus,
  LogOptions,
  Pruned,
  TrafficShift,
} from "../adapters/adapter.ts";
export { loadAdapter, PLANNED_PLATFORMS, PLATFORMS } from "../adapters/registry.ts";
// Records and plans.
export { Deployment } from "../core/deployment.ts";
export { formatPlan, isNoop, Plan, planDigest } from "../core/plan.ts";
// Who made an image.
export type { SignedImage } from "../oci/attest/sign-image.ts";
export { parsePrivateKey, parsePublicKey, type Signer } from "../oci/attest/signing-key.ts";
export type { ImageClaim } from "../oci/attest/verify-image.ts";
// The engine.
export { type Applied, type ApplyOptions, applyPlan } from "./apply.ts";
export { type Emitted, emitDeployment } from "./emit.ts";
export { type LayoutImage, signLayoutImage, verifyLayoutImage } from "./image-signing.ts";
export { type CurrentStatus, destroyDeployment, logsOf, statusOf } from "./lifecycle.ts";
export { createPlan, DEFAULT_ENVIRONMENT, type DeployRequest } from "./plan.ts";
export { type PruneOptions, pruneDeployment } from "./prune.ts";
export { getDeployment, historyOf, listDeployments } from "./records.ts";
export {
  type Restored,
  type RestoreOptions,
  type RestoreTarget,
  restoreDeployment,
  restoreTarget,
} from "./restore.ts";
export type { DeploymentKey, DeployRuntime, DeployStore, GivenOptions } from "./runtime.ts";
export { type Moved, shiftTraffic, versionsOf } from "./traffic.ts";
