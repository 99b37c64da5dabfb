/** Istio's golden pods, served by the simulated API server: the same states through all three ways into the cluster. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Json } from "../../simulator/lib/json.ts";
import { temporaryFolder } from "../../simulator/lib/temporary-folder.ts";
import { act, startWorld } from "../e2e/in-process.ts";
import { ORACLES_ABSENT, WHY_SKIPPED } from "./folder.ts";
import { goldenPods } from "./golden-pods.ts";

const missing = ["kubectl", "jq"].filter((tool) => spawnSync(tool, ["--version"]).error !== undefined);
const why = missing.length > 0 ? ` (skipped: ${missing.join(" and ")} not installed)` : WHY_SKIPPED;

interface Template {
  readonly metadata?: object;
  readonly spec?: object;
}

/** All of these versions', as pods of one namespace. */
function listOfGoldenPods(...versions: readonly string[]): Json {
  const items = versions.flatMap(goldenPods).map(({ pod }, index) => {
    const { metadata, spec } = pod as Template;
    return {
      metadata: { ...metadata, name: `golden-${index}`, namespace: "shop", creationTimestamp: "2026-01-01T00:00:00Z" },
      spec: { ...spec, nodeName: "aks-userpool-0" },
      status: { phase: "Running" },
    };
  });
  return JSON.parse(JSON.stringify({ apiVersion: "v1", kind: "PodList", metadata: { resourceVersion: "1" }, items })) as Json;
}

describe.skipIf(ORACLES_ABSENT || missing.length > 0)(`golden pods${why}`, () => {
  it("have the same states through direct access, run command and kubectl: those of Istio 1.25.5 and 1.28.10", async () => {
    const body = listOfGoldenPods("1.25.5", "1.28.10");
    await using simulator = await startWorld("compliant", {
      faults: [{ match: ({ service, path }) => service === "kubernetes" && path === "/api/v1/pods", fault: { kind: "respond", status: 200, body } }],
    });
    using folder = temporaryFolder({ config: simulator.kubeconfig() });
    const KUBECONFIG = join(folder.path, "config");
    const direct = await act(simulator, { mode: "check", "kube-access": "direct" });
    const command = await act(simulator, { mode: "check", "kube-access": "run-command" });
    const kubectl = await act(simulator, { mode: "check", "kube-access": "kubeconfig" }, { env: { KUBECONFIG } });
    expect(direct.report.pods.total, direct.log).toBeGreaterThan(180);
    expect(direct.report.pods.byState.unknown ?? 0).toBe(0);
    expect(direct.report.pods.byState).toMatchObject({ cni: 14, "custom-template": 4, exempt: 4 });
    expect(command.report.pods, command.log).toEqual(direct.report.pods);
    expect(kubectl.report.pods, kubectl.log).toEqual(direct.report.pods);
  });
});
