import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

export default defineConfig({
  cacheDir: join(tmpdir(), "istio-cni-aks-workflows-vite"),
  test: {
    include: ["conformance/workflows/suite/**/*.test.ts"],
    globalSetup: "conformance/workflows/suite/global-setup.ts",
    // A run of act with its steps takes both cores of a small machine.
    fileParallelism: false,
    testTimeout: 180_000,
    reporters: ["verbose"],
  },
});
