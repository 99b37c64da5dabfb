import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["__tests__/**/*.test.ts"],
    // The end-to-end tests start processes of their own, and wait for them about a third of the time.
    maxWorkers: 3,
    // Nothing in src/ keeps a state that another test could meet, but for secrets, which are like no other text.
    isolate: false,
    testTimeout: 90_000,
    reporters: ["default"],
  },
});
