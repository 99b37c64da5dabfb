/** The other ways into the cluster: run commands, kubectl, and which is chosen when. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Report } from "../../src/contract.ts";
import { type ScenarioName, scenarios } from "../../simulator/index.ts";
import { temporaryFolder } from "../../simulator/temporary-folder.ts";
import { act, annotated, SELDOM, SPEED_WITH_COMMANDS, startWorld } from "./world.ts";

const missing = ["kubectl", "jq"].filter((tool) => spawnSync(tool, ["--version"]).error !== undefined);
const why = missing.length > 0 ? ` (skipped: ${missing.join(" and ")} not installed)` : "";

/** What does not depend on the way in. */
function verdict({ status, checks, pods, mesh }: Report): object {
  return { status, checks, pods, mesh };
}

/** Scenarios whose API server can be reached in every way; `forbidden` is refused at another door by each. */
const REACHABLE = scenarios.map(({ name }) => name).filter((name) => !["mesh-off", "stopped", "private", "no-run-command", "forbidden"].includes(name));
/** A few of them, unless all are asked for: each takes seconds. */
const COMPARED: readonly ScenarioName[] =
  process.env["EVERY_SCENARIO"] === "true" ? REACHABLE : ["stale-pods", "refused-by-safeguards", "revision-tags"];

describe.skipIf(missing.length > 0)(`run commands and kubectl${why}`, () => {
  it.each(COMPARED)("give the same verdict as direct access: %s", async (name) => {
    await using simulator = await startWorld(name, { speed: SPEED_WITH_COMMANDS });
    const direct = await act(simulator, { mode: "check", "kube-access": "direct" });
    const asked = simulator.journal.of("arm", "POST").length;
    const run = await act(simulator, { mode: "check", "kube-access": "run-command" });
    expect(verdict(run.report), run.log).toEqual(verdict(direct.report));
    expect(simulator.journal.of("arm", "POST").length - asked, "a batch is one command").toBeLessThanOrEqual(4);
    using folder = temporaryFolder({ config: simulator.kubeconfig() });
    const KUBECONFIG = join(folder.path, "config");
    const kubectl = await act(simulator, { mode: "check", "kube-access": "kubeconfig" }, { env: { KUBECONFIG } });
    expect(verdict(kubectl.report), kubectl.log).toEqual(verdict(direct.report));
  });

  it("are what auto falls back to for a private cluster, saying so", async () => {
    await using simulator = await startWorld("private");
    const run = await act(simulator, { mode: "check" });
    expect(run.outputs["status"], run.log).toBe("drifted");
    expect(run.log).toContain("cannot be reached from here");
    expect(run.summary).toContain("run-command through Resource Manager");
  });

  it("restart workloads and label namespaces too", async () => {
    await using simulator = await startWorld("stale-pods", { speed: SPEED_WITH_COMMANDS });
    const run = await act(simulator, { "kube-access": "run-command", "restart-workloads": "stale", ...SELDOM });
    expect(run.outputs, run.log).toMatchObject({ status: "changed", drift: "false" });
    expect(run.report.pods.byState.cni).toBeGreaterThan(0);
  });
});

describe("a private cluster that forbids run commands", () => {
  it("cannot be looked into: both ways are told", async () => {
    await using simulator = await startWorld("no-run-command");
    const run = await act(simulator, { mode: "check", "fail-on-drift": "false" });
    const skipped = run.report.checks.find(({ id }) => id === "cni-daemonset-ready");
    expect(skipped?.message, run.log).toContain("disableRunCommand");
    expect(skipped?.message).toMatch(/ENOTFOUND|EAI_AGAIN/);
  });

  it("fails the step where the run command was asked for by name", async () => {
    await using simulator = await startWorld("no-run-command");
    await act(simulator);
    const run = await act(simulator, { "kube-access": "run-command" });
    expect(run.outputs["status"]).toBe("unverified");
    expect(run.exitCode).toBe(1);
    expect(annotated(run, "error").join()).toContain("run commands are disabled");
  });
});

describe("a refusal", () => {
  it("does not make auto try another way: it would be refused there as well", async () => {
    await using simulator = await startWorld("compliant", { tweak: (world) => (world.rights.kubernetes = "none") });
    const run = await act(simulator);
    expect(run.outputs["status"]).toBe("unverified");
    expect(simulator.journal.of("arm", "POST").filter(({ path }) => path.endsWith("/runCommand"))).toEqual([]);
  });

  it("of the run command itself names the right", async () => {
    await using simulator = await startWorld("compliant", {
      tweak: (world) => (world.rights.arm = world.rights.arm.filter(({ action }) => !action.includes("runcommand"))),
    });
    const run = await act(simulator, { "kube-access": "run-command" });
    expect(run.outputs["status"], run.log).toBe("unverified");
    expect(run.summary).toContain("runcommand/action");
  });
});

describe.skipIf(missing.length > 0)(`kubeconfig${why}`, () => {
  it("uses kubectl with the current context, and says that nothing proves whose it is", async () => {
    await using simulator = await startWorld("compliant");
    using folder = temporaryFolder({ config: simulator.kubeconfig() });
    const KUBECONFIG = join(folder.path, "config");
    const run = await act(simulator, { mode: "check", "kube-access": "kubeconfig" }, { env: { KUBECONFIG } });
    expect(run.outputs["status"], run.log).toBe("compliant");
    expect(run.log).toContain("nothing proves that this is the cluster");
  });

  it("says exactly what is missing where there is no context", async () => {
    await using simulator = await startWorld("compliant");
    const run = await act(simulator, { mode: "check", "kube-access": "kubeconfig" }, { env: { KUBECONFIG: "/does/not/exist" } });
    expect(run.exitCode).toBe(1);
    expect(annotated(run, "error").join()).toContain("context");
  });

  it("says exactly what is missing where there is no kubectl", async () => {
    await using simulator = await startWorld("compliant");
    using empty = temporaryFolder();
    const run = await act(simulator, { mode: "check", "kube-access": "kubeconfig" }, { env: { PATH: empty.path } });
    expect(run.exitCode).toBe(1);
    expect(annotated(run, "error").join()).toContain("kubectl");
  });
});
