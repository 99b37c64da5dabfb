/** The other transports: run commands and kubectl, and the selection of a transport. That of a private cluster: scenarios.test.ts. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../simulator/lib/temporary-folder.ts";
import type { Report } from "../../src/contract.ts";
import { type ScenarioName, scenarios } from "../../simulator/index.ts";
import { act, startWorld } from "./in-process.ts";
import { annotated, SLOW_POLLS } from "./world.ts";

const missing = ["kubectl", "jq"].filter((tool) => spawnSync(tool, ["--version"]).error !== undefined);
const why = missing.length > 0 ? ` (skipped: ${missing.join(" and ")} not installed)` : "";

/** The results that do not depend on the transport. */
function verdict({ status, checks, pods, mesh }: Report): object {
  return { status, checks, pods, mesh };
}

/** Scenarios whose API server all transports reach. In `forbidden` each transport is refused at another request. */
const REACHABLE = scenarios.map(({ name }) => name).filter((name) => !["mesh-off", "stopped", "private", "no-run-command", "forbidden"].includes(name));
/** Three of them by default, since each takes seconds. */
const COMPARED: readonly ScenarioName[] =
  process.env["EVERY_SCENARIO"] === "true" ? REACHABLE : ["stale-pods", "refused-by-safeguards", "revision-tags"];

describe.skipIf(missing.length > 0)(`run commands and kubectl${why}`, () => {
  it.each(COMPARED)("give the same result as direct access: %s", async (name) => {
    await using simulator = await startWorld(name);
    const direct = await act(simulator, { mode: "check", "kube-access": "direct" });
    const before = simulator.requestLog.of("arm", "POST").length;
    const run = await act(simulator, { mode: "check", "kube-access": "run-command" });
    expect(verdict(run.report), run.log).toEqual(verdict(direct.report));
    expect(simulator.requestLog.of("arm", "POST").length - before, "one command, and another one for refused workloads").toBeLessThanOrEqual(2);
    using folder = temporaryFolder({ config: simulator.kubeconfig() });
    const KUBECONFIG = join(folder.path, "config");
    const kubectl = await act(simulator, { mode: "check", "kube-access": "kubeconfig" }, { env: { KUBECONFIG } });
    expect(verdict(kubectl.report), kubectl.log).toEqual(verdict(direct.report));
  });

  it("can restart workloads", async () => {
    await using simulator = await startWorld("stale-pods");
    const run = await act(simulator, { "kube-access": "run-command", "restart-workloads": "stale", ...SLOW_POLLS });
    expect(run.outputs, run.log).toMatchObject({ status: "changed", drift: "false" });
    expect(run.report.pods.byState.cni).toBeGreaterThan(0);
  });
});

describe("a private cluster with run commands disabled", () => {
  it("cannot be queried: the report has the reasons of both transports", async () => {
    await using simulator = await startWorld("no-run-command");
    const run = await act(simulator, { mode: "check", "fail-on-drift": "false" });
    const skipped = run.report.checks.find(({ id }) => id === "cni-daemonset-ready");
    expect(skipped?.message, run.log).toContain("disableRunCommand");
    expect(skipped?.message).toMatch(/ENOTFOUND|EAI_AGAIN/);
  });

  it("fails the step where kube-access is set to run-command", async () => {
    await using simulator = await startWorld("no-run-command");
    await act(simulator);
    const run = await act(simulator, { "kube-access": "run-command" });
    expect(run.outputs["status"]).toBe("unverified");
    expect(run.exitCode).toBe(1);
    expect(annotated(run, "error").join()).toContain("run commands are disabled");
  });
});

describe("a refusal", () => {
  it("does not make auto try another transport, which would be refused as well", async () => {
    await using simulator = await startWorld("compliant", { tweak: (world) => (world.rights.kubernetes = "none") });
    const run = await act(simulator);
    expect(run.outputs["status"]).toBe("unverified");
    expect(simulator.requestLog.of("arm", "POST").filter(({ path }) => path.endsWith("/runCommand"))).toEqual([]);
  });

  it("of the run command itself names the missing action", async () => {
    await using simulator = await startWorld("compliant", {
      tweak: (world) => (world.rights.arm = world.rights.arm.filter(({ action }) => !action.includes("runcommand"))),
    });
    const run = await act(simulator, { "kube-access": "run-command" });
    expect(run.outputs["status"], run.log).toBe("unverified");
    expect(run.summary).toContain("runcommand/action");
  });
});

describe.skipIf(missing.length > 0)(`kubeconfig${why}`, () => {
  it("uses kubectl with the current context, and says by what the cluster is proven", async () => {
    await using simulator = await startWorld("compliant");
    using folder = temporaryFolder({ config: simulator.kubeconfig() });
    const KUBECONFIG = join(folder.path, "config");
    const run = await act(simulator, { mode: "check", "kube-access": "kubeconfig" }, { env: { KUBECONFIG } });
    expect(run.outputs["status"], run.log).toBe("compliant");
    expect(run.log).toContain("by its ");
  });

  it("reports a missing context", async () => {
    await using simulator = await startWorld("compliant");
    const run = await act(simulator, { mode: "check", "kube-access": "kubeconfig" }, { env: { KUBECONFIG: "/does/not/exist" } });
    expect(run.exitCode).toBe(1);
    expect(annotated(run, "error").join()).toContain("context");
  });

  it("reports a missing kubectl", async () => {
    await using simulator = await startWorld("compliant");
    using empty = temporaryFolder();
    const run = await act(simulator, { mode: "check", "kube-access": "kubeconfig" }, { env: { PATH: empty.path } });
    expect(run.exitCode).toBe(1);
    expect(annotated(run, "error").join()).toContain("kubectl");
  });
});
