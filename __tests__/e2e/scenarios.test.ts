/** All scenarios: outputs, report, exit code, and all requests that change something. One scenario of each course of apply runs with the bundle. */
import { describe, expect, it } from "vitest";
import { scenarios, type ScenarioName } from "../../simulator/index.ts";
import { act, startWorld } from "./in-process.ts";
import * as bundled from "./world.ts";
import { annotated, checksThat, outcomes, PUT, type Run, SLOW_POLLS } from "./world.ts";
import { APPLY, FORBIDDEN, GATED } from "./expected-applies.ts";
import { expectNoRepeats } from "./page-rules.ts";
import { VERDICTS } from "./verdicts.ts";

/** The headline of the page, with its icon, without the cluster's name. */
function headline({ summary }: Pick<Run, "summary">): string {
  return (/^## (.*)$/m.exec(summary)?.[1] ?? "").replaceAll("&#46;", ".").replace(/(?:Plan for )?demo: /, "");
}

/** Scenarios in which a second apply repeats what was refused: only the request shows whether it still is. */
const REPEATS: readonly ScenarioName[] = ["forbidden", "flag-pending"];

/** Scenarios with long waits: for run commands, a node that never becomes ready, or a role. */
const WAITS_LONG: readonly ScenarioName[] = ["private", "race-126", "forbidden"];

/** Scenarios that `dist/index.js` runs: a switch with the feature's registration, another operation, run commands, a missing role, and a refusal that a switch does not mend. */
const BUNDLED: readonly ScenarioName[] = ["fresh", "busy", "private", "forbidden", "refused-by-safeguards"];

/** Scenarios in which all checks pass before any run. */
const COMPLIANT: readonly ScenarioName[] = ["compliant", "reader-only", "no-pods-yet", "two-revisions", "stuck-rollout"];

describe("apply", () => {
  it("has an expectation for every scenario", () => {
    expect(Object.keys(APPLY).sort()).toEqual(scenarios.map(({ name }) => name).sort());
  });

  it.each(scenarios)("$name: $description", async ({ name }) => {
    const expected = APPLY[name];
    const vehicle = BUNDLED.includes(name) ? bundled : { act, startWorld };
    await using simulator = await vehicle.startWorld(name);
    const inputs = WAITS_LONG.includes(name) ? SLOW_POLLS : {};
    const first = await vehicle.act(simulator, inputs);
    expect(first.outputs, first.log).toMatchObject(expected.outputs);
    expect(first.exitCode).toBe(expected.exitCode);
    const isRepeated = (change: string, index: number): boolean => change === FORBIDDEN && first.changes.indexOf(change) < index;
    expect(first.changes.filter((change, index) => change !== GATED && !isRepeated(change, index)), "requests that change something").toEqual(expected.changes);
    expect(first.changes.filter((change) => change === PUT).length, "one PUT at most").toBeLessThanOrEqual(1);
    expect(checksThat(first.report, "fail")).toEqual(expect.arrayContaining([...(expected.failing ?? [])]));
    expect(checksThat(first.report, "warn")).toEqual(expect.arrayContaining([...(expected.warnings ?? [])]));
    expect(first.report.status).toBe(first.outputs["status"]);
    expect(headline(first), "the page's headline").toBe(VERDICTS[name].apply);
    expectNoRepeats(first);
    const errors = annotated(first, "error");
    if (expected.exitCode === 0) expect(errors, "a run that succeeds has no error annotation").toEqual([]);
    else if (first.report.error !== undefined) expect(errors, "one clear error").toHaveLength(1);
    else expect(errors, "an error per cause").toHaveLength((first.report.diagnosis ?? []).length);
    for (const words of expected.error ?? []) expect(errors[0]).toContain(words);

    // Where the first apply changed nothing, the second is the same run.
    if (expected.secondStatus === undefined) return;
    const second = await vehicle.act(simulator, inputs);
    expect(second.outputs["status"], second.log).toBe(expected.secondStatus);
    if (!REPEATS.includes(name)) expect(second.changes, "a second apply changes nothing").toEqual([]);
  });

  it("sends a PUT with all properties of the cluster and If-Match", async () => {
    await using simulator = await startWorld("flag-graduated");
    const before = structuredClone(simulator.world.cluster.body);
    await act(simulator);
    const [put] = simulator.requestLog.of("arm", "PUT");
    expect(put?.headers["if-match"]).toBe(JSON.stringify(before["eTag"]));
    const { properties } = before as { properties: { controlPlanePluginProfiles: object } };
    expect(properties.controlPlanePluginProfiles).toBeDefined();
    expect(put?.body).toMatchObject({ properties: { controlPlanePluginProfiles: properties.controlPlanePluginProfiles } });
  });

  it("sends five requests to Resource Manager for a compliant cluster, and the cluster is read second", async () => {
    await using simulator = await startWorld("compliant");
    const { report } = await act(simulator);
    expect(report.requests.arm).toBe(5);
    expect(simulator.requestLog.of("arm").map(({ method, path }) => `${method} ${path.split("/").at(-1) ?? ""}`).slice(0, 3).sort()).toEqual([
      "GET IstioCNIPreview",
      "GET demo",
      "GET endpoints",
    ]);
    expect(outcomes(report)).toMatchObject({ "register-feature": "unneeded", "refresh-provider": "unneeded", "wait-until-idle": "unneeded", "switch-redirection": "unneeded" });
  });

  it("needs no role at subscription scope for a compliant cluster", async () => {
    await using simulator = await startWorld("compliant", {
      tweak: (world) => {
        world.rights.arm = world.rights.arm.filter(({ scope }) => scope === "cluster");
        world.rights.arm.push(
          { action: "Microsoft.ContainerService/managedClusters/read", scope: "cluster" },
          { action: "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action", scope: "cluster" },
        );
      },
    });
    const run = await act(simulator);
    expect(run.outputs, run.log).toMatchObject({ status: "compliant", "feature-state": "Unknown" });
  });

  it("waits for another client's operation before it writes", async () => {
    await using simulator = await startWorld("busy");
    const { report, log } = await act(simulator);
    expect(outcomes(report)).toMatchObject({ "wait-until-idle": "done", "switch-redirection": "done" });
    expect(log).toContain("node pool userpool is");
    expect(simulator.requestLog.of("arm", "PUT").map(({ status }) => status)).toEqual([200]);
  });
});

describe("plan and check", () => {
  it.each(scenarios)("$name: change nothing; plan does not fail for drift, and check fails only for drift", async ({ name }) => {
    await using simulator = await startWorld(name);
    const isCompliant = COMPLIANT.includes(name);
    const plan = await act(simulator, { mode: "plan" });
    expect(plan.outputs["status"], plan.log).toBe(isCompliant ? "compliant" : "drifted");
    expect(plan.exitCode).toBe(0);
    const check = await act(simulator, { mode: "check" });
    expect(check.outputs["status"], check.log).toBe(isCompliant ? "compliant" : "drifted");
    expect(check.exitCode).toBe(isCompliant ? 0 : 1);
    expect([headline(check), headline(plan)], "the headlines of the pages").toEqual([VERDICTS[name].check, VERDICTS[name].plan]);
    expectNoRepeats(check);
    expectNoRepeats(plan);
    for (const { report, log, summary } of [check, plan]) {
      if (name === "private") {
        expect(log, "the reason of the transport").toContain("cannot be reached from this runner");
        expect(summary).toContain("run-command through Resource Manager");
      }
      const found = (report.diagnosis ?? []).map(({ cause, consequences, remedy, commands }) => ({ cause, following: consequences.length, toDo: commands[0] ?? remedy }));
      expect(found, "the causes").toEqual(VERDICTS[name].causes.map(([cause, following, toDo]) => ({ cause, following, toDo: expect.stringContaining(toDo) as string })));
    }
    expect(simulator.requestLog.changes()).toEqual([]);
  });
});

describe("plan", () => {
  it("shows the difference between the cluster and the PUT in the summary", async () => {
    await using simulator = await startWorld("fresh");
    const { summary, report } = await act(simulator, { mode: "plan" });
    expect(summary).toContain("properties.serviceMeshProfile.istio.components.proxyRedirectionMechanism");
    expect(summary).toMatch(/^- .*"InitContainers"$/m);
    expect(summary).toMatch(/^\+ .*"CNIChaining"$/m);
    expect(outcomes(report)).toMatchObject({ "register-feature": "planned", "switch-redirection": "planned" });
  });
});

describe("check", () => {
  it("reports drift with property, expected and found value, and the last writer of the cluster, where Azure returns it", async () => {
    await using simulator = await startWorld("reset-by-terraform");
    const { report } = await act(simulator, { mode: "check" });
    const drift = report.checks.find(({ id }) => id === "cni-chaining-enabled");
    expect(drift?.evidence).toEqual([
      "properties.serviceMeshProfile.istio.components.proxyRedirectionMechanism",
      "expected CNIChaining",
      "found InitContainers",
      expect.stringMatching(/^last write to the cluster, of this or another property: by terraform-prod/),
      "tags that name a tool: managed-by=terraform",
    ]);
  });

  it.each(["check", "plan"])("needs only reader roles (mode %s)", async (mode) => {
    await using simulator = await startWorld("compliant", {
      tweak: (world) => {
        const actions = ["managedClusters/read", "managedClusters/listClusterUserCredential/action"] as const;
        world.rights = { arm: actions.map((action) => ({ action: `Microsoft.ContainerService/${action}` as const, scope: "cluster" })), kubernetes: "reader" };
      },
    });
    const run = await act(simulator, { mode });
    expect(run.outputs["status"], run.log).toBe("compliant");
    expect(simulator.requestLog.changes()).toEqual([]);
  });

  it("succeeds with drift where fail-on-drift is false", async () => {
    await using simulator = await startWorld("reset-by-terraform");
    const run = await act(simulator, { mode: "check", "fail-on-drift": "false" });
    expect(run.outputs).toMatchObject({ status: "drifted", drift: "true" });
    expect(run.exitCode).toBe(0);
  });
});

describe("disable", () => {
  it("restores init containers with one PUT; a second run sends none", async () => {
    await using simulator = await startWorld("compliant", { tweak: (world) => (world.cluster.safeguards = false) });
    const run = await act(simulator, { mode: "disable", force: "true" });
    expect(run.outputs, run.log).toMatchObject({ status: "changed", "redirection-mechanism": "InitContainers" });
    expect(run.changes).toEqual([PUT]);
    const again = await act(simulator, { mode: "disable" });
    expect(again.outputs, again.log).toMatchObject({ status: "compliant", "redirection-mechanism": "InitContainers" });
    expect(again.changes).toEqual([]);
  });

  it("changes nothing on AKS Automatic unless force is true, and says what would happen", async () => {
    await using simulator = await startWorld("compliant");
    const run = await act(simulator, { mode: "disable" });
    expect(run.outputs, run.log).toMatchObject({ status: "failed", changed: "false", "redirection-mechanism": "CNIChaining" });
    expect(run.changes).toEqual([]);
    expect(annotated(run, "error").join()).toMatch(/no pod with a sidecar could be created.*set the input force to true/s);
  });

  it("has nothing to do where the mesh is off", async () => {
    await using simulator = await startWorld("mesh-off");
    const run = await act(simulator, { mode: "disable" });
    expect(run.outputs["status"], run.log).toBe("compliant");
    expect(run.changes).toEqual([]);
  });
});
