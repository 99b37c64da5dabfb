import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["__tests__/**/*.test.ts"],
    // The end-to-end tests start processes of their own, and wait for them about a third of the time.
    maxWorkers: 3,
    testTimeout: 90_000,
    reporters: ["default"],
  },
});
