/** A worker process of the matrix: runs the units that the parent sends. */
import { runUnit, type Unit } from "./run-unit.ts";

process.on("message", (unit: Unit) => {
  runUnit(unit, (message) => process.send?.(message)).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
process.on("disconnect", () => process.exit(0));
// Ctrl-C is sent to the whole process group: the parent ends this process.
process.on("SIGINT", () => undefined);
