import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

export default defineConfig({
  cacheDir: join(tmpdir(), "istio-cni-aks-conformance-vite"),
  test: {
    include: ["conformance/az/suite/**/*.test.ts"],
    globalSetup: "conformance/az/suite/global-setup.ts",
    fileParallelism: false,
    // az polls an operation every 30 s.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    reporters: ["verbose"],
  },
});
