/**
 * Runs the variants as an app of its own, with whatever aws-cdk-lib it finds.
 *
 * @module
 */
import { App } from "aws-cdk-lib";
import { addVariantStacks } from "./variant-stacks.ts";

addVariantStacks(new App());
