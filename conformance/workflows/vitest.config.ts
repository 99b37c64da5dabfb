import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

export default defineConfig({
  cacheDir: join(tmpdir(), "istio-cni-aks-workflows-vite"),
  test: {
    include: ["conformance/workflows/suite/**/*.test.ts"],
    // A run of act with its steps takes both cores of a small machine.
    fileParallelism: false,
    testTimeout: 180_000,
    // The first use of a program builds it.
    hookTimeout: 900_000,
    reporters: ["verbose"],
  },
});
