/**
 * What only AWS asks a server for: Lambda's loop, and metrics as lines in the log. All of it is one part of a bundle, that
 * nothing is loaded of elsewhere, and that costs a function one file to load at start.
 *
 * @module
 */
export { runLambda } from "./lambda/run-lambda.ts";
export { sendEmbedded } from "./metrics/send-embedded.ts";
