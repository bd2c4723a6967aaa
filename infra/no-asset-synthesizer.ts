/**
 * Writes a stack that deploys in an account that was never bootstrapped: its template alone, nothing to upload first.
 * Whatever would need an upload is an error when the app is synthesised.
 *
 * @module
 */
import {
  type DockerImageAssetLocation,
  type DockerImageAssetSource,
  type FileAssetLocation,
  type FileAssetSource,
  type ISynthesisSession,
  StackSynthesizer,
} from "aws-cdk-lib";
import { BentoError } from "../core/bento-error.ts";

export class NoAssetSynthesizer extends StackSynthesizer {
  /** @throws BentoError BENTO_UNSUPPORTED always */
  override addFileAsset(asset: FileAssetSource): FileAssetLocation {
    throw this.refusal(`the file asset ${asset.fileName ?? asset.displayName ?? asset.sourceHash}`);
  }

  /** @throws BentoError BENTO_UNSUPPORTED always */
  override addDockerImageAsset(asset: DockerImageAssetSource): DockerImageAssetLocation {
    throw this.refusal(`the image asset ${asset.assetName ?? asset.sourceHash}`);
  }

  override synthesize(session: ISynthesisSession): void {
    this.synthesizeTemplate(session);
    this.emitArtifact(session);
  }

  private refusal(what: string): BentoError {
    return new BentoError("BENTO_UNSUPPORTED", `${what} would have to be uploaded first`, {
      where: `stack ${this.boundStack.stackName}`,
      hint: "leave it out, or give the stack another synthesizer and run cdk bootstrap",
    });
  }
}
