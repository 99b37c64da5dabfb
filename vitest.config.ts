import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["__tests__/**/*.test.ts"],
    // The end-to-end tests start processes of their own: two at a time fill two cores.
    maxWorkers: 2,
    testTimeout: 90_000,
    reporters: ["default"],
  },
});
