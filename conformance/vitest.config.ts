import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** By name: the mechanism is the whole cluster's, and the last files want workloads to have been refused for long. */
class ByName extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return Promise.resolve([...files].sort((a, b) => (a.moduleId < b.moduleId ? -1 : 1)));
  }
}

export default defineConfig({
  cacheDir: join(tmpdir(), "istio-cni-aks-conformance-vite"),
  test: {
    include: ["conformance/suite/**/*.test.ts"],
    globalSetup: "conformance/suite/global-setup.ts",
    fileParallelism: false,
    sequence: { sequencer: ByName },
    testTimeout: 180_000,
    hookTimeout: 180_000,
    reporters: ["verbose"],
  },
});
