/**
 * The bucket behind a store `s3://bucket/prefix`: versioned, encrypted, over TLS alone, closed to the public, kept when
 * its stack is deleted. Readers and publishers get the calls that the store makes, and no more.
 *
 * @module
 */
import { Duration, RemovalPolicy, Token } from "aws-cdk-lib";
import { Grant, type IGrantable } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type IBucket,
  ObjectOwnership,
} from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { BentoError } from "../core/bento-error.ts";
import { given } from "./given.ts";
import { pinFlags } from "./pinned-flags.ts";

export interface BentoModelBucketProps {
  /**
   * Name of the bucket, unique in all of AWS.
   * @default - CloudFormation makes one
   */
  readonly bucketName?: string;
  /**
   * Folder of the store in the bucket, names joined by slashes.
   * @default - the whole bucket
   */
  readonly prefix?: string;
  /**
   * Encrypts what is stored.
   * @default - a key of S3
   */
  readonly encryptionKey?: IKey;
  /**
   * When an upload that nobody finished is dropped, in whole days. Until then it can be gone on with.
   * @default Duration.days(7)
   */
  readonly abortUploadsAfter?: Duration;
  /**
   * How long what was deleted or overwritten can be had back, in whole days.
   * @default - for ever
   */
  readonly keepNoncurrentFor?: Duration;
  /**
   * Where S3 writes down who read and wrote.
   * @default - it does not
   */
  readonly accessLogsBucket?: IBucket;
}

/** Names of a store's keys: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html, November 2026. */
const PREFIX = /^[A-Za-z0-9][A-Za-z0-9._-]*(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/;

export class BentoModelBucket extends Construct {
  readonly bucket: Bucket;
  /** What `--store` and `BENTO_STORE` take: `s3://bucket/prefix`. */
  readonly storeUrl: string;
  /** Empty, or ended by a slash. */
  readonly #prefix: string;

  /** @throws BentoError BENTO_INVALID_INPUT with what is no prefix and no whole days */
  constructor(scope: Construct, id: string, props: BentoModelBucketProps = {}) {
    super(scope, id);
    pinFlags(this);
    this.#refuse(props);
    const { prefix, encryptionKey, keepNoncurrentFor } = props;
    this.bucket = new Bucket(this, "Bucket", {
      ...given({
        bucketName: props.bucketName,
        encryptionKey,
        serverAccessLogsBucket: props.accessLogsBucket,
      }),
      encryption: encryptionKey === undefined ? BucketEncryption.S3_MANAGED : BucketEncryption.KMS,
      ...(encryptionKey === undefined ? {} : { bucketKeyEnabled: true }),
      versioned: true,
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [
        {
          id: "unfinished-uploads",
          abortIncompleteMultipartUploadAfter: props.abortUploadsAfter ?? Duration.days(7),
        },
        ...(keepNoncurrentFor === undefined
          ? []
          : [{ id: "noncurrent-versions", noncurrentVersionExpiration: keepNoncurrentFor }]),
      ],
    });
    this.#prefix = prefix === undefined ? "" : `${prefix}/`;
    this.storeUrl = `s3://${this.bucket.bucketName}${prefix === undefined ? "" : `/${prefix}`}`;
  }

  /** Lets somebody read what is in the store, and list the names in the bucket. */
  grantRead(grantee: IGrantable): Grant {
    return this.#grantObjects(grantee, ["s3:GetObject"])
      .combine(this.#grantList(grantee))
      .combine(this.#grantKey(grantee, ["kms:Decrypt"]));
  }

  /**
   * Lets somebody read, import, push and promote. Deleting is for what a writer leaves under `pending/` while it writes,
   * nothing else; what is overwritten past the store stays as an older version.
   */
  grantPublish(grantee: IGrantable): Grant {
    return this.#grantObjects(grantee, [
      "s3:AbortMultipartUpload",
      "s3:GetObject",
      "s3:ListMultipartUploadParts",
      "s3:PutObject",
    ])
      .combine(
        Grant.addToPrincipal({
          grantee,
          actions: ["s3:DeleteObject"],
          resourceArns: [this.bucket.arnForObjects(`${this.#prefix}pending/*`)],
        }),
      )
      .combine(this.#grantList(grantee, "s3:ListBucketMultipartUploads"))
      .combine(this.#grantKey(grantee, ["kms:Decrypt", "kms:GenerateDataKey"]));
  }

  #grantObjects(grantee: IGrantable, actions: string[]): Grant {
    return Grant.addToPrincipal({
      grantee,
      actions,
      resourceArns: [this.bucket.arnForObjects(`${this.#prefix}*`)],
    });
  }

  /** Without a condition on the prefix: S3 says that a key is absent only to who may list, of any prefix. */
  #grantList(grantee: IGrantable, ...others: string[]): Grant {
    return Grant.addToPrincipal({
      grantee,
      actions: ["s3:ListBucket", ...others],
      resourceArns: [this.bucket.bucketArn],
    });
  }

  #grantKey(grantee: IGrantable, actions: string[]): Grant {
    return this.bucket.encryptionKey === undefined
      ? Grant.drop(grantee, "S3 has the key")
      : this.bucket.encryptionKey.grant(grantee, ...actions);
  }

  #refuse({ prefix, abortUploadsAfter, keepNoncurrentFor }: BentoModelBucketProps): void {
    const problems = Object.entries({ abortUploadsAfter, keepNoncurrentFor })
      .filter(([, value]) => value !== undefined && !isWholeDays(value))
      .map(([name, value]) => `${name} ${value?.toHumanString()}: whole days from 1`);
    if (prefix !== undefined && !Token.isUnresolved(prefix) && !PREFIX.test(prefix)) {
      problems.push(`prefix ${JSON.stringify(prefix)}: names of A-Z a-z 0-9 . _ - joined by /`);
    }
    if (problems.length > 0) {
      throw new BentoError("BENTO_INVALID_INPUT", problems.join("\n"), { where: this.node.path });
    }
  }
}

function isWholeDays(duration: Duration): boolean {
  if (duration.isUnresolved()) {
    return true;
  }
  const days = duration.toDays({ integral: false });
  return Number.isInteger(days) && days >= 1;
}
