import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["conformance/suite/**/*.test.ts"],
    globalSetup: "conformance/suite/global-setup.ts",
    // The mechanism is the whole cluster's: one file at a time, in the order of their names.
    fileParallelism: false,
    sequence: { concurrent: false },
    testTimeout: 180_000,
    hookTimeout: 180_000,
    reporters: ["verbose"],
  },
});
