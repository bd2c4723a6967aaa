/**
 * What only AWS asks a server for: Lambda's loop, metrics as lines in the log, one-off tasks. All of it is one part of a
 * bundle, that nothing is loaded of elsewhere, and that costs a function one file to load at start.
 *
 * @module
 */
export { answerQuestions } from "./answer-questions.ts";
export { runLambda } from "./lambda/run-lambda.ts";
export { sendEmbedded } from "./metrics/send-embedded.ts";
