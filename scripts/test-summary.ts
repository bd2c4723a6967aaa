/**
 * Reads the test report and ends with `N passed, N failed`. Where skips are forbidden, a skipped test is a failed one.
 *
 * @module
 */
import { readFile } from "node:fs/promises";

const report = JSON.parse(await readFile(process.argv[2] ?? "", "utf8"));
const skipped = report.numPendingTests + report.numTodoTests;
for (const file of report.testResults) {
  for (const test of file.assertionResults) {
    if (test.status !== "passed") {
      console.log(`${test.status}: ${test.fullName}`);
    }
  }
  // a file that does not load has no tests to count, and must count all the same
  if (file.status === "failed" && file.assertionResults.length === 0) {
    report.numFailedTests += 1;
    console.log(`failed to load: ${file.name}: ${file.message}`);
  }
}
const failed = report.numFailedTests + skipped;
console.log(`${report.numPassedTests} passed, ${failed} failed`);
process.exitCode = failed === 0 && report.numPassedTests > 0 ? 0 : 1;
