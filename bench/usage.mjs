/**
 * Preload that writes the resource usage of a process when it ends, by process.exit() as well:
 * `node --import file:///…/usage.mjs program.js`, with the path of the file in BENCH_USAGE.
 */
import { writeFileSync } from "node:fs";

const { BENCH_USAGE: file } = process.env;
if (file !== undefined) {
  process.once("exit", () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    writeFileSync(file, JSON.stringify({ userMs: userCPUTime / 1000, systemMs: systemCPUTime / 1000, maxRssMb: maxRSS / 1024 }));
  });
}
