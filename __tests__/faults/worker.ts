/** A child of the matrix: works off what it is handed, one unit after the other. */
import { type Unit, work } from "./run-unit.ts";

process.on("message", (unit: Unit) => {
  work(unit, (said) => process.send?.(said)).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
process.on("disconnect", () => process.exit(0));
// Ctrl-C reaches the whole group: the parent says when it is over.
process.on("SIGINT", () => undefined);
