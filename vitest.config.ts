import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { LongFilesFirst } from "./__tests__/long-files-first.ts";
import { toolPath } from "./__tests__/tool-path.ts";

const inBuild = (name: string): string => fileURLToPath(new URL(`build/${name}`, import.meta.url));

const isShuffled = process.argv.some((word) => word.startsWith("--sequence.shuffle"));

export default defineConfig({
  test: {
    include: ["__tests__/**/*.test.ts"],
    // A sequencer would replace the order that `--sequence.shuffle.files` asks for.
    sequence: isShuffled ? {} : { sequencer: LongFilesFirst },
    // One more than cores, for tests that wait for a process. Each worker loads all of the code once, which takes some seconds of CPU.
    maxWorkers: availableParallelism() + 1,
    // Node.js removes the types itself, which takes a fraction of the time of Vite's transformation in each worker.
    experimental: { viteModuleRunner: false },
    // V8's compile cache for the bundle, which runs in hundreds of processes: each takes 40 ms of CPU less.
    env: { NODE_COMPILE_CACHE: inBuild("compile-cache"), PATH: toolPath(inBuild("tools")) },
    // Nothing in src/ keeps a state that another test could meet, but for secrets, which are like no other text.
    isolate: false,
    testTimeout: 90_000,
    reporters: ["default"],
  },
});
