/** The switch: conflicts with other clients, lost answers, failed operations, and interrupted runs. */
import { describe, expect, it } from "vitest";
import { missingCommandTools } from "../../simulator/azure/command-process.ts";
import type { Fault, FaultKind } from "../../simulator/index.ts";
import { act, startWorld } from "./in-process.ts";
import * as bundled from "./world.ts";
import { annotated, outcomes, PUT, REFRESH, REGISTER } from "./world.ts";

const isPut: Fault["match"] = ({ service, method, path }) => service === "arm" && method === "PUT" && path.endsWith("/managedClusters/demo");
const conflict = (status: 409 | 412, code: string): Fault => ({
  match: isPut,
  nth: 1,
  fault: { kind: "respond", status, body: { code, details: null, message: "Operation is not allowed: Another operation (Updating) is in progress.", subcode: "" } },
});

describe("a change by another client", () => {
  it.each([
    ["409 OperationNotAllowed", conflict(409, "OperationNotAllowed")],
    ["409 EtagMismatch", conflict(409, "EtagMismatch")],
    ["412 PreconditionFailed", conflict(412, "PreconditionFailed")],
  ])("that makes the PUT fail with %s: the run reads the cluster again and sends one more PUT", async (_, fault) => {
    await using simulator = await startWorld("flag-graduated", { faults: [fault] });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("changed");
    expect(run.changes.filter((change) => change === PUT)).toHaveLength(1);
    expect(run.log).toContain("another operation is changing the cluster: reading it again");
  });

  it("that never ends: the run fails with a clear error after a limited number of attempts", async () => {
    const fault = { ...conflict(409, "OperationNotAllowed"), nth: undefined };
    await using simulator = await startWorld("flag-graduated", { faults: [{ match: fault.match, fault: fault.fault }] });
    const run = await act(simulator);
    expect(run.exitCode).toBe(1);
    expect(run.changes).toEqual(Array(6).fill(`${PUT} (409)`));
    expect(annotated(run, "error")[0]).toContain("activity log");
  });

  it("that restores init containers right after the switch: the run fails and does not switch again", async () => {
    await using simulator = await startWorld("flag-graduated", {
      tweak: (world) => (world.cluster.updateOutcome.mechanism = "InitContainers"),
    });
    const run = await act(simulator);
    expect(run.exitCode, run.log).toBe(1);
    expect(run.changes).toEqual([PUT]);
    expect(annotated(run, "error")[0]).toContain("Azure accepted the switch and completed it, but the cluster has InitContainers");
  });

  it("by the same action at the same time: one PUT in total, with one run changed and the other compliant", async () => {
    await using simulator = await bundled.startWorld("flag-graduated");
    const [one, other] = await Promise.all([bundled.act(simulator), bundled.act(simulator)]);
    expect(simulator.requestLog.changes().filter((change) => /^PUT .*demo$/.test(change))).toHaveLength(1);
    expect([one.outputs["status"], other.outputs["status"]].sort(), `${one.log}\n${other.log}`).toEqual(["changed", "compliant"]);
  });
});

describe("a lost answer", () => {
  it("after Azure accepted the PUT: no second PUT, and the run waits for the switch", async () => {
    await using simulator = await startWorld("flag-graduated", { faults: [{ match: isPut, nth: 1, fault: { kind: "reset", afterEffect: true } }] });
    const run = await act(simulator);
    expect(run.outputs, run.log).toMatchObject({ status: "changed", changed: "true" });
    expect(simulator.requestLog.of("arm", "PUT")).toHaveLength(1);
  });

  it("before Azure received the PUT: the run sends it again after it has read the cluster", async () => {
    await using simulator = await startWorld("flag-graduated", { faults: [{ match: isPut, nth: 1, fault: { kind: "respond", status: 503 } }] });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("changed");
    expect(run.changes).toEqual([`${PUT} (503)`, PUT]);
  });

  it.each([502, 504])("to a poll of the operation (%d): the run polls again", async (status) => {
    const gateway: Fault = { match: ({ path }) => path.includes("/operations/"), nth: 2, fault: { kind: "respond", status } };
    await using simulator = await startWorld("flag-graduated", { faults: [gateway] });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("changed");
    expect(run.report.requests.retried).toBeGreaterThan(0);
  });
});

describe("an operation", () => {
  it.each(["Failed", "Canceled"] as const)("that ends as %s fails the run with Azure's message", async (status) => {
    await using simulator = await startWorld("flag-graduated", {
      tweak: (world) => Object.assign(world.cluster.updateOutcome, { status, error: { code: "OverlaymgrReconcileError", message: "the addon manager gave up" } }),
    });
    const run = await act(simulator);
    expect(run.exitCode, run.log).toBe(1);
    expect(annotated(run, "error")[0]).toContain("OverlaymgrReconcileError: the addon manager gave up");
    expect(outcomes(run.report)["switch-redirection"]).toBe("failed");
    expect(run.outputs["redirection-mechanism"], "the last value that was read").toBe("CNIChaining");

    simulator.world.cluster.updateOutcome = { status: "Succeeded", error: undefined, mechanism: undefined };
    const again = await act(simulator);
    expect(again.outputs["status"], "the next run completes the switch").toBe("changed");
    expect(again.changes).toEqual([PUT]);
  });

  it("that succeeds with an error object is a success, with a warning in the log", async () => {
    await using simulator = await startWorld("flag-graduated", {
      tweak: (world) => (world.cluster.updateOutcome.error = { code: "ContextDeadlineExceeded", message: "in VMSS operation" }),
    });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("changed");
    expect(run.log).toContain("the operation succeeded, but its body has an error: ContextDeadlineExceeded");
  });

  it("at another origin than Resource Manager's is not polled: the run reads the cluster instead", async () => {
    const elsewhere: Fault = {
      match: isPut,
      nth: 1,
      fault: { kind: "respond", status: 202, headers: { "azure-asyncoperation": "https://evil.example/operations/1" }, body: {} },
    };
    await using simulator = await startWorld("flag-graduated", { faults: [elsewhere] });
    const run = await act(simulator);
    expect(run.log).toContain("not followed");
    expect(run.exitCode, "the cluster did not change, since the answer was simulated").toBe(1);
  });
});

/** Answers this many GETs of the cluster after the PUT as if no operation ran, with the mechanism before or after the switch. */
function staleCluster(times: number, mechanism: "before" | "after"): readonly Fault[] {
  let written = false;
  return [
    {
      match: (request) => {
        written ||= isPut(request);
        return written && request.method === "GET" && request.path.endsWith("/managedClusters/demo");
      },
      times,
      fault: {
        kind: "alter",
        change: (reply) => {
          const text = JSON.stringify(reply.body).replaceAll('"provisioningState":"Updating"', '"provisioningState":"Succeeded"');
          return { ...reply, body: mechanism === "before" ? text.replace('"CNIChaining"', '"InitContainers"') : text };
        },
      },
    },
  ];
}

describe("an operation that cannot be polled", () => {
  const isOperation: Fault["match"] = ({ path }) => path.includes("/operations/");
  const refused = (status: number, code: string): FaultKind => ({ kind: "respond", status, body: { error: { code, message: "no." } } });
  const FAULTS: readonly (readonly [string, FaultKind, RegExp])[] = [
    ["400", refused(400, "InvalidOperationId"), /400: InvalidOperationId/],
    ["401, with every token", refused(401, "ExpiredAuthenticationToken"), /401: ExpiredAuthenticationToken/],
    ["403", refused(403, "AuthorizationFailed"), /403: AuthorizationFailed/],
    ["404", refused(404, "NotFound"), /404: NotFound/],
    ["409", refused(409, "OperationNotAllowed"), /409: OperationNotAllowed/],
    ["503 for all polls", refused(503, "ServiceUnavailable"), /503: ServiceUnavailable/],
    ["a connection reset for all polls", { kind: "reset" }, /ECONNRESET/],
    ["a redirect", { kind: "redirect", location: "https://elsewhere.example/login" }, /redirects to/],
    ["HTML", { kind: "html" }, /not JSON/],
    ["an empty 200", { kind: "alter", change: () => ({ status: 200, body: "" }) }, /answered nothing/],
    ["null", { kind: "alter", change: () => ({ status: 200, body: "null" }) }, /without its status/],
  ];

  it.each(FAULTS)("(%s): the run reads the cluster until the switch has ended", async (_, fault, words) => {
    await using simulator = await startWorld("flag-graduated", { faults: [{ match: isOperation, fault }] });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("changed");
    expect(run.changes).toEqual([PUT]);
    expect(run.log).toMatch(new RegExp(`the operation cannot be followed, so the cluster is read instead: .*${words.source}`));
  });

  it("and fails: the run fails with the state of the cluster", async () => {
    await using simulator = await startWorld("flag-graduated", {
      faults: [{ match: isOperation, fault: refused(404, "NotFound") }],
      tweak: (world) => Object.assign(world.cluster.updateOutcome, { status: "Failed", error: { code: "OverlaymgrReconcileError", message: "the addon manager gave up" } }),
    });
    const run = await act(simulator);
    expect(run.exitCode, run.log).toBe(1);
    expect(annotated(run, "error")[0]).toContain("the cluster has CNIChaining and is Failed");
    expect(annotated(run, "error")[0]).toContain("Find the operation in the cluster's activity log");
  });

  it.each(["before", "after"] as const)("while the cluster still reports no operation, and the mechanism %s the switch: the run keeps waiting", async (mechanism) => {
    await using simulator = await startWorld("flag-graduated", { faults: [{ match: isOperation, fault: refused(404, "NotFound") }, ...staleCluster(2, mechanism)] });
    // Three times the interval is less than the operation takes.
    const run = await act(simulator, { "poll-interval-seconds": "20" });
    expect(run.outputs["status"], run.log).toBe("changed");
    expect(run.changes).toEqual([PUT]);
    expect(run.log, "seen busy before it was read back").toMatch(/the cluster does not show an operation[\s\S]*Updating[\s\S]*the cluster after the switch: CNIChaining, Succeeded/);
  });

  it("and that the cluster never reports: the run reads the result after a while", async () => {
    await using simulator = await startWorld("flag-graduated", {
      faults: [{ match: isOperation, fault: refused(404, "NotFound") }],
      tweak: (world) => (world.timing.clusterUpdate = 0),
    });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("changed");
    expect(run.log).toMatch(/the cluster does not show an operation[\s\S]*the cluster after the switch: CNIChaining, Succeeded/);
  });
});

describe("the preview flag", () => {
  const isFlagEntry = ({ path }: { readonly path: string }): boolean => path.endsWith("/IstioCNIPreview");

  it("that was registered without a refresh of the provider: the run refreshes the provider and retries", async () => {
    await using simulator = await startWorld("fresh", { tweak: (world) => (world.feature.registrationAskedAt = world.startedAt - 3_600_000) });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("changed");
    expect(run.changes.filter((change) => !change.endsWith("(400)"))).toEqual([REFRESH, PUT]);
    expect(outcomes(run.report)).toMatchObject({ "register-feature": "unneeded", "refresh-provider": "done" });
  });

  it("that Azure takes a while to know: the step stays done, however often the PUT is refused meanwhile", async () => {
    await using simulator = await startWorld("fresh", { tweak: (world) => (world.timing.featurePropagation = 60_000) });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("changed");
    expect(run.changes.filter((change) => change === `${PUT} (400)`).length, "the PUT was refused at first").toBeGreaterThan(0);
    expect(outcomes(run.report)).toMatchObject({ "register-feature": "done", "refresh-provider": "done", "switch-redirection": "done" });
  });

  it("is not registered with register-feature: never; the refusal is reported with the remedy", async () => {
    await using simulator = await startWorld("fresh");
    const run = await act(simulator, { "register-feature": "never" });
    expect(run.exitCode).toBe(1);
    expect(run.changes).toEqual([`${PUT} (400)`]);
    expect(annotated(run, "error")[0]).toContain("Register the feature Microsoft.ContainerService/IstioCNIPreview");
  });

  it("is polled at the interval of Azure's Retry-After while it is being registered", async () => {
    const isFlag: Fault["match"] = ({ path }) => /\/IstioCNIPreview(\/register)?$/.test(path);
    const seldom: Fault = { match: isFlag, fault: { kind: "alter", change: (reply) => ({ ...reply, headers: { ...reply.headers, "retry-after": "70" } }) } };
    await using simulator = await startWorld("fresh", { faults: [seldom] });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("changed");
    expect(simulator.requestLog.of("arm", "GET").filter(isFlagEntry).length, "instead of about seven with ten seconds between them").toBeLessThanOrEqual(3);
  });

  it("is registered with register-feature: always, also on a compliant cluster", async () => {
    await using simulator = await startWorld("compliant", { tweak: (world) => (world.feature.registrationAskedAt = undefined) });
    const run = await act(simulator, { "register-feature": "always" });
    expect(run.outputs, run.log).toMatchObject({ status: "changed", "feature-state": "Registered" });
    expect(run.changes).toEqual([REGISTER, REFRESH]);
  });
});

describe("a cluster that is read right after its operation", () => {
  it("may still show the state from before: it is read again", async () => {
    let hasEnded = false;
    let stale = 2;
    const isOperation: Fault["match"] = ({ path, service }) => service === "arm" && path.includes("/operations/");
    const watch: Fault = { match: isOperation, fault: { kind: "alter", change: (reply) => ((hasEnded ||= JSON.stringify(reply.body).includes('"Succeeded"')), reply) } };
    const old: Fault = {
      match: ({ method, path, service }) => service === "arm" && method === "GET" && path.endsWith("/managedClusters/demo") && hasEnded && (stale -= 1) >= 0,
      fault: { kind: "alter", change: (reply) => ({ ...reply, body: JSON.parse(JSON.stringify(reply.body).replaceAll("CNIChaining", "InitContainers")) as typeof reply.body }) },
    };
    await using simulator = await startWorld("flag-graduated", { faults: [watch, old] });
    const run = await act(simulator);
    expect(run.outputs, run.log).toMatchObject({ status: "changed", "redirection-mechanism": "CNIChaining" });
    expect(simulator.requestLog.of("arm", "PUT")).toHaveLength(1);
    expect(run.log).toContain("waiting for the cluster to show the switch: InitContainers");
  });
});

describe("an interrupted run", () => {
  it.each(["SIGINT", "SIGTERM"] as const)("(%s) reports the operation that continues, writes summary and outputs, and the next run continues", async (signal) => {
    await using simulator = await bundled.startWorld("flag-graduated", { tweak: (world) => (world.timing.clusterUpdate = 200_000) });
    let isSent = false;
    const run = await bundled.act(simulator, {}, {
      onStart: (child) => {
        child.stdout?.on("data", (text: string) => {
          // A second signal would end the run at once.
          if (!isSent && text.includes("waiting for the switch")) isSent = child.kill(signal);
        });
      },
    });
    expect(run.exitCode, run.log).toBe(1);
    expect(run.outputs).toMatchObject({ status: "failed", changed: "true" });
    expect(annotated(run, "error")[0]).toContain(`cancelled (${signal})`);
    expect(annotated(run, "error")[0]).toContain("to continue from there");
    const again = await bundled.act(simulator);
    expect(again.outputs["status"], again.log).toBe("compliant");
    expect(simulator.requestLog.of("arm", "PUT"), "one PUT in both runs").toHaveLength(1);
  });

  it("(deadline) reports what it was waiting for", async () => {
    await using simulator = await startWorld("flag-graduated", { tweak: (world) => (world.timing.clusterUpdate = 3_600_000) });
    const run = await act(simulator, { "timeout-minutes": "2" });
    expect(run.exitCode, run.log).toBe(1);
    expect(annotated(run, "error")[0]).toContain("waiting for the switch to CNIChaining");
    expect(annotated(run, "error")[0]).toContain("the last state was:");
    expect(annotated(run, "error")[0]).toContain("az aks operation-abort --resource-group rg-mesh-demo --name demo");
    expect(outcomes(run.report)["switch-redirection"]).toBe("failed");
  });

  it.each(["direct", "run-command"])("(deadline, during the rollout of the CNI agent, %s) says so, and claims nothing of pods that it has not read since the switch", async (access) => {
    if (access === "run-command" && missingCommandTools().length > 0) return;
    await using simulator = await startWorld("flag-graduated", { tweak: (world) => (world.timing.daemonSetRollout = 3_600_000) });
    const run = await act(simulator, { "timeout-minutes": "3", "kube-access": access });
    expect([run.exitCode, run.outputs["status"], run.outputs["changed"]], run.log).toEqual([1, "failed", "true"]);
    expect(run.log).toMatch(/⚠ the rollout of the CNI agent: (?:timed out after|the time was up while) .*; the last state was: The CNI agent is ready on 0\/5 nodes/);
    expect(annotated(run, "error")[0]).toContain("CNI agent is ready");
    const [pods] = run.report.checks.filter(({ id }) => id === "pods-redirected");
    expect(pods).toMatchObject({ result: "skip", message: expect.stringContaining("before the pods were listed again") as string });
  });
});

describe("a cluster in state Failed", () => {
  it("is switched, with a warning", async () => {
    await using simulator = await startWorld("flag-graduated", {
      tweak: ({ cluster }) => ((cluster.body as { properties: Record<string, unknown> }).properties["provisioningState"] = "Failed"),
    });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("changed");
  });

  it("during an upgrade is not changed: the write would resume the upgrade", async () => {
    await using simulator = await startWorld("flag-graduated", {
      tweak: ({ cluster }) => Object.assign((cluster.body as { properties: object }).properties, { provisioningState: "Failed", kubernetesVersion: "1.34", currentKubernetesVersion: "1.33.5" }),
    });
    const run = await act(simulator);
    expect(run.exitCode, run.log).toBe(1);
    expect(run.changes).toEqual([]);
    expect(annotated(run, "error")[0]).toContain("1.34");
  });
});
