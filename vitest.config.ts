import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { toolPath } from "./__tests__/tool-path.ts";

const inBuild = (name: string): string => fileURLToPath(new URL(`build/${name}`, import.meta.url));

export default defineConfig({
  test: {
    include: ["__tests__/**/*.test.ts"],
    // The end-to-end tests wait for simulated time more than half of the time (measured: 0.45 s of CPU a second, their processes included).
    maxWorkers: 2 * availableParallelism(),
    // V8's compile cache for the bundle, which runs in hundreds of processes: each takes 40 ms of CPU less.
    env: { NODE_COMPILE_CACHE: inBuild("compile-cache"), PATH: toolPath(inBuild("tools")) },
    // Nothing in src/ keeps a state that another test could meet, but for secrets, which are like no other text.
    isolate: false,
    testTimeout: 90_000,
    reporters: ["default"],
  },
});
