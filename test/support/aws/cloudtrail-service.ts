/**
 * CloudTrail, of which the CDK's library asks who else failed: its events come minutes late, so there are none.
 *
 * @module
 */
import { AwsFailure, type AwsService } from "./aws-call.ts";

export const cloudTrailService: AwsService = {
  name: "cloudtrail",
  async handle({ action }) {
    if (action !== "LookupEvents") {
      throw new AwsFailure("UnknownOperationException", `no stand-in of cloudtrail:${action}`);
    }
    return { members: { Events: [] } };
  },
};
