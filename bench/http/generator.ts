/**
 * The process that sends load, apart from every server: one job at a time, told and answered by message.
 *
 * @module
 */
import { type LoadJob, runLoad } from "./load.ts";

process.on("message", (job: LoadJob) => {
  runLoad(job).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.on("disconnect", () => process.exit(0));
process.send?.({ ready: true });
