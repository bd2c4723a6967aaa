/**
 * The shop's CDK app, to which a bento was added: one import and one stack.
 *
 * @module
 */
import { App } from "aws-cdk-lib";
import { IrisStack } from "../lib/iris-stack";
import { ShopStack } from "../lib/shop-stack";

const app = new App();
const shop = new ShopStack(app, "Shop");
new IrisStack(app, "Iris", shop);
