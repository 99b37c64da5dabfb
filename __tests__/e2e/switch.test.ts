/** The one PUT: neighbours, lost answers, operations that end badly, and runs that are cut short. */
import { describe, expect, it } from "vitest";
import type { Fault, FaultKind } from "../../simulator/index.ts";
import { act, annotated, outcomes, PUT, REFRESH, REGISTER, startWorld } from "./world.ts";

const isPut: Fault["match"] = ({ service, method, path }) => service === "arm" && method === "PUT" && path.endsWith("/managedClusters/demo");
const conflict = (status: 409 | 412, code: string): Fault => ({
  match: isPut,
  nth: 1,
  fault: { kind: "respond", status, body: { code, details: null, message: "Operation is not allowed: Another operation (Updating) is in progress.", subcode: "" } },
});

describe("a neighbour", () => {
  it.each([
    ["409 OperationNotAllowed", conflict(409, "OperationNotAllowed")],
    ["409 EtagMismatch", conflict(409, "EtagMismatch")],
    ["412 PreconditionFailed", conflict(412, "PreconditionFailed")],
  ])("that makes the PUT answer %s: read again, decide again, one PUT", async (_, fault) => {
    await using simulator = await startWorld("flag-graduated", { faults: [fault] });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("changed");
    expect(run.changes.filter((change) => change === PUT)).toHaveLength(1);
    expect(run.log).toContain("somebody else is changing the cluster: reading again");
  });

  it("that never lets go ends in a clear failure, after a bounded number of attempts", async () => {
    const fault = { ...conflict(409, "OperationNotAllowed"), nth: undefined };
    await using simulator = await startWorld("flag-graduated", { faults: [{ match: fault.match, fault: fault.fault }] });
    const run = await act(simulator);
    expect(run.exitCode).toBe(1);
    expect(run.changes).toEqual(Array(6).fill(`${PUT} (409)`));
    expect(annotated(run, "error")[0]).toContain("activity log");
  });

  it("that switches it back right after is told, and not fought", async () => {
    await using simulator = await startWorld("flag-graduated", {
      tweak: (world) => (world.cluster.updateOutcome.mechanism = "InitContainers"),
    });
    const run = await act(simulator);
    expect(run.exitCode, run.log).toBe(1);
    expect(run.changes).toEqual([PUT]);
    expect(annotated(run, "error")[0]).toContain("Azure accepted the switch and ended it, but the cluster says InitContainers");
  });

  it("that runs the same action at the same time: one PUT in all, and both say so", async () => {
    await using simulator = await startWorld("flag-graduated");
    const [one, other] = await Promise.all([act(simulator), act(simulator)]);
    expect(simulator.journal.changes().filter((change) => /^PUT .*demo$/.test(change))).toHaveLength(1);
    expect([one.outputs["status"], other.outputs["status"]].sort(), `${one.log}\n${other.log}`).toEqual(["changed", "compliant"]);
  });
});

describe("an answer that is lost", () => {
  it("after Azure took the PUT: no second PUT, and the switch is followed to its end", async () => {
    await using simulator = await startWorld("flag-graduated", { faults: [{ match: isPut, nth: 1, fault: { kind: "reset", afterEffect: true } }] });
    const run = await act(simulator);
    expect(run.outputs, run.log).toMatchObject({ status: "changed", changed: "true" });
    expect(simulator.journal.of("arm", "PUT")).toHaveLength(1);
  });

  it("before Azure saw the PUT: sent again once the cluster shows that nothing happened", async () => {
    await using simulator = await startWorld("flag-graduated", { faults: [{ match: isPut, nth: 1, fault: { kind: "respond", status: 503 } }] });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("changed");
    expect(run.changes).toEqual([`${PUT} (503)`, PUT]);
  });

  it.each([502, 504])("while the operation is followed (%d): asked again", async (status) => {
    const gateway: Fault = { match: ({ path }) => path.includes("/operations/"), nth: 2, fault: { kind: "respond", status } };
    await using simulator = await startWorld("flag-graduated", { faults: [gateway] });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("changed");
    expect(run.report.requests.retried).toBeGreaterThan(0);
  });
});

describe("an operation", () => {
  it.each(["Failed", "Canceled"] as const)("that ends %s fails the run with Azure's words", async (status) => {
    await using simulator = await startWorld("flag-graduated", {
      tweak: (world) => Object.assign(world.cluster.updateOutcome, { status, error: { code: "OverlaymgrReconcileError", message: "the addon manager gave up" } }),
    });
    const run = await act(simulator);
    expect(run.exitCode, run.log).toBe(1);
    expect(annotated(run, "error")[0]).toContain("OverlaymgrReconcileError: the addon manager gave up");
    expect(outcomes(run.report)["switch-redirection"]).toBe("failed");
    expect(run.outputs["redirection-mechanism"], "what was read last").toBe("CNIChaining");

    simulator.world.cluster.updateOutcome = { status: "Succeeded", error: undefined, mechanism: undefined };
    const again = await act(simulator);
    expect(again.outputs["status"], "the next run converges").toBe("changed");
    expect(again.changes).toEqual([PUT]);
  });

  it("that succeeded with an error object in it is a success, with a warning in the log", async () => {
    await using simulator = await startWorld("flag-graduated", {
      tweak: (world) => (world.cluster.updateOutcome.error = { code: "ContextDeadlineExceeded", message: "in VMSS operation" }),
    });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("changed");
    expect(run.log).toContain("the operation succeeded with an error in it: ContextDeadlineExceeded");
  });

  it("at another address than Resource Manager's is not followed: no token goes there, and the cluster itself tells", async () => {
    const elsewhere: Fault = {
      match: isPut,
      nth: 1,
      fault: { kind: "respond", status: 202, headers: { "azure-asyncoperation": "https://evil.example/operations/1" }, body: {} },
    };
    await using simulator = await startWorld("flag-graduated", { faults: [elsewhere] });
    const run = await act(simulator);
    expect(run.log).toContain("not followed");
    expect(run.exitCode, "the cluster did not change, since the answer was made up").toBe(1);
  });
});

/** A GET of the cluster, so many times from its PUT on, before it shows what the PUT began. */
function cacheBehind(times: number, mechanism: "as it was" | "as it will be"): readonly Fault[] {
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
          return { ...reply, body: mechanism === "as it was" ? text.replace('"CNIChaining"', '"InitContainers"') : text };
        },
      },
    },
  ];
}

describe("an operation that cannot be followed", () => {
  const isOperation: Fault["match"] = ({ path }) => path.includes("/operations/");
  const refused = (status: number, code: string): FaultKind => ({ kind: "respond", status, body: { error: { code, message: "no." } } });
  const FAULTS: readonly (readonly [string, FaultKind, RegExp])[] = [
    ["400", refused(400, "InvalidOperationId"), /400: InvalidOperationId/],
    ["401, with every token", refused(401, "ExpiredAuthenticationToken"), /401: ExpiredAuthenticationToken/],
    ["403", refused(403, "AuthorizationFailed"), /403: AuthorizationFailed/],
    ["404", refused(404, "NotFound"), /404: NotFound/],
    ["409", refused(409, "OperationNotAllowed"), /409: OperationNotAllowed/],
    ["503 without end", refused(503, "ServiceUnavailable"), /503: ServiceUnavailable/],
    ["a connection that breaks each time", { kind: "reset" }, /ECONNRESET/],
    ["a redirect", { kind: "redirect", location: "https://elsewhere.example/login" }, /redirects to/],
    ["HTML", { kind: "html" }, /not JSON/],
    ["an empty 200", { kind: "alter", change: () => ({ status: 200, body: "" }) }, /answered nothing/],
    ["null", { kind: "alter", change: () => ({ status: 200, body: "null" }) }, /without its status/],
  ];

  it.each(FAULTS)("(%s): the cluster itself tells when the switch has ended", async (_, fault, words) => {
    await using simulator = await startWorld("flag-graduated", { faults: [{ match: isOperation, fault }] });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("changed");
    expect(run.changes).toEqual([PUT]);
    expect(run.log).toMatch(new RegExp(`the operation cannot be followed, so the cluster itself will tell: .*${words.source}`));
  });

  it("and failed: what the cluster says counts", async () => {
    await using simulator = await startWorld("flag-graduated", {
      faults: [{ match: isOperation, fault: refused(404, "NotFound") }],
      tweak: (world) => Object.assign(world.cluster.updateOutcome, { status: "Failed", error: { code: "OverlaymgrReconcileError", message: "the addon manager gave up" } }),
    });
    const run = await act(simulator);
    expect(run.exitCode, run.log).toBe(1);
    expect(annotated(run, "error")[0]).toContain("the cluster says CNIChaining and Failed");
    expect(annotated(run, "error")[0]).toContain("Look at the operation in the cluster's activity log");
  });

  it.each(["as it was", "as it will be"] as const)("while the cluster still shows itself idle, and its mechanism %s: not taken for its end", async (mechanism) => {
    await using simulator = await startWorld("flag-graduated", { faults: [{ match: isOperation, fault: refused(404, "NotFound") }, ...cacheBehind(2, mechanism)] });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("changed");
    expect(run.changes).toEqual([PUT]);
    expect(run.log, "seen busy before it was read back").toMatch(/the cluster does not show it[\s\S]*Updating[\s\S]*read back: CNIChaining, Succeeded/);
  });

  it("and that the cluster never shows: read back after a while", async () => {
    await using simulator = await startWorld("flag-graduated", {
      faults: [{ match: isOperation, fault: refused(404, "NotFound") }],
      tweak: (world) => (world.timing.clusterUpdate = 0),
    });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("changed");
    expect(run.log).toMatch(/the cluster does not show it[\s\S]*read back: CNIChaining, Succeeded/);
  });
});

describe("the preview flag", () => {
  const isFlagEntry = ({ path }: { readonly path: string }): boolean => path.endsWith("/IstioCNIPreview");

  it("that somebody registered, where the provider has not looked since: refreshed and retried", async () => {
    await using simulator = await startWorld("fresh", { tweak: (world) => (world.feature.registrationAskedAt = world.startedAt - 3_600_000) });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("changed");
    expect(run.changes.filter((change) => !change.endsWith("(400)"))).toEqual([REFRESH, PUT]);
    expect(outcomes(run.report)).toMatchObject({ "register-feature": "unneeded", "refresh-provider": "done" });
  });

  it("that must not be registered (never) leaves the refusal as it is, with what to do", async () => {
    await using simulator = await startWorld("fresh");
    const run = await act(simulator, { "register-feature": "never" });
    expect(run.exitCode).toBe(1);
    expect(run.changes).toEqual([`${PUT} (400)`]);
    expect(annotated(run, "error")[0]).toContain("Register the feature Microsoft.ContainerService/IstioCNIPreview");
  });

  it("is looked at as seldom as Azure asks, while it is being registered", async () => {
    const isFlag: Fault["match"] = ({ path }) => /\/IstioCNIPreview(\/register)?$/.test(path);
    const seldom: Fault = { match: isFlag, fault: { kind: "alter", change: (reply) => ({ ...reply, headers: { ...reply.headers, "retry-after": "70" } }) } };
    await using simulator = await startWorld("fresh", { faults: [seldom] });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("changed");
    expect(simulator.journal.of("arm", "GET").filter(isFlagEntry).length, "of the seven or so that ten seconds between them would make").toBeLessThanOrEqual(3);
  });

  it("is registered even on a cluster that needs no switch, where that is asked for (always)", async () => {
    await using simulator = await startWorld("compliant", { tweak: (world) => (world.feature.registrationAskedAt = undefined) });
    const run = await act(simulator, { "register-feature": "always" });
    expect(run.outputs, run.log).toMatchObject({ status: "changed", "feature-state": "Registered" });
    expect(run.changes).toEqual([REGISTER, REFRESH]);
  });
});

describe("a run that is cut short", () => {
  it.each(["SIGINT", "SIGTERM"] as const)("by %s says what goes on, writes summary and outputs, and the next run picks up", async (signal) => {
    await using simulator = await startWorld("flag-graduated", { tweak: (world) => (world.timing.clusterUpdate = 200_000) });
    const run = await act(simulator, {}, {
      onStart: (child) => {
        child.stdout?.on("data", (text: string) => {
          if (text.includes("waiting for the switch")) child.kill(signal);
        });
      },
    });
    expect(run.exitCode, run.log).toBe(1);
    expect(run.outputs).toMatchObject({ status: "failed", changed: "true" });
    expect(annotated(run, "error")[0]).toContain(`cancelled (${signal})`);
    expect(annotated(run, "error")[0]).toContain("to continue from there");
    const again = await act(simulator);
    expect(again.outputs["status"], again.log).toBe("compliant");
    expect(simulator.journal.of("arm", "PUT"), "one PUT in both runs").toHaveLength(1);
  });

  it("by its deadline says what it was waiting for", async () => {
    await using simulator = await startWorld("flag-graduated", { tweak: (world) => (world.timing.clusterUpdate = 3_600_000) });
    const run = await act(simulator, { "timeout-minutes": "2" });
    expect(run.exitCode, run.log).toBe(1);
    expect(annotated(run, "error")[0]).toContain("waiting for the switch to CNIChaining");
    expect(annotated(run, "error")[0]).toContain("the last state was:");
    expect(outcomes(run.report)["switch-redirection"]).toBe("failed");
  });
});

describe("a cluster in state Failed", () => {
  it("is switched, since Failed is an end like any other, with a warning", async () => {
    await using simulator = await startWorld("flag-graduated", {
      tweak: ({ cluster }) => ((cluster.body as { properties: Record<string, unknown> }).properties["provisioningState"] = "Failed"),
    });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("changed");
  });

  it("in the middle of an upgrade is left alone: the write would resume the upgrade", async () => {
    await using simulator = await startWorld("flag-graduated", {
      tweak: ({ cluster }) => Object.assign((cluster.body as { properties: object }).properties, { provisioningState: "Failed", kubernetesVersion: "1.34", currentKubernetesVersion: "1.33.5" }),
    });
    const run = await act(simulator);
    expect(run.exitCode, run.log).toBe(1);
    expect(run.changes).toEqual([]);
    expect(annotated(run, "error")[0]).toContain("1.34");
  });
});
