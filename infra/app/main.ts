/**
 * What `npx cdk` runs in this repository: the constructs on the iris fixture. Needs no account and no bootstrap.
 *
 * @module
 */
import { App } from "aws-cdk-lib";
import { addIrisStacks } from "./iris-stacks.ts";

addIrisStacks(new App());
