/** A worker process: plays the batches that the parent sends. */
import { type Batch, runBatch } from "./run-batch.ts";

process.on("message", (batch: Batch) => {
  runBatch(batch, (message) => process.send?.(message)).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
process.on("disconnect", () => process.exit(0));
// Ctrl-C is sent to the whole process group: the parent ends this process.
process.on("SIGINT", () => undefined);
