/**
 * What a run is called, word for word: icon and headline, what is proven, what stands in the way, what is told beside the causes.
 * `npx vitest run __tests__/report/verdict -u` writes the text anew, and the difference is read before it is committed.
 */
import { fileURLToPath } from "node:url";
import { describe, expect, it, test } from "vitest";
import type { Check, CheckId, Diagnosis, MeshCounts, Report, StepReport } from "../../src/contract.ts";
import { blockerOf, blockerTitle, causesOf, headlineOf, isFailing, plannedChanges, proofOf, verdictOf, warningsOf } from "../../src/report/verdict.ts";
import { report, step } from "./samples.ts";

const check = (id: CheckId, result: Check["result"], title: string, message = `${title}.`, remedy = ""): Check => ({ id, title, result, message, evidence: [], remedy });
const because = (cause: CheckId, ...consequences: readonly CheckId[]): Diagnosis => ({ cause, consequences, message: "", remedy: "", commands: [] });
const OFF = check("cni-chaining-enabled", "fail", "CNI chaining is off");
const MISSING = check("cni-daemonset-ready", "fail", "CNI agent is missing");
const REFUSED = check("workloads-admitted", "fail", "Admission refuses the pods of 2 workloads");
const UNDECIDED = check("admission-probe", "skip", "Admission of new pods: not checked", "The API server answered 403 (reading pods).");
const mesh = (before: string, after: string, mode = "Istio"): Pick<Report, "mesh"> => ({ mesh: { mode, revisions: ["asm-1-27"], redirectionMechanism: { before, after } } });
const counted = (after: MeshCounts): Pick<Report, "counts"> => ({ counts: { after } });
const error = (code: string, doing = "switching the mesh"): Pick<Report, "error"> => ({ error: { code, doing, message: "m", remedy: "r" } });
const plan = (...steps: readonly Partial<StepReport>[]): Pick<Report, "plan"> => ({ plan: steps.map((one) => step(one)) });
const WAIT = { id: "wait-until-idle", title: "Wait for the other operation" } as const;
const BLOCKED = { outcome: "planned", reason: "blocked (mesh-enabled): the mesh is off" } as const;
const SWITCH = { outcome: "planned", reason: "Azure says InitContainers." } as const;
const INIT = mesh("InitContainers", "InitContainers");
const ALL_WELL: MeshCounts = { podsInMesh: 7, podsRedirected: 7, agentsReady: 3, agentsDesired: 3 };

const RUNS: readonly (readonly [string, Report])[] = [
  ["compliant", report(counted(ALL_WELL))],
  ["compliant, a cluster without a name", report({ cluster: { ...report().cluster, name: "" } })],
  ["compliant, with one workload to restart", report(counted({ ...ALL_WELL, workloadsToRestart: 1 }))],
  ["compliant, with two workloads to restart", report(counted({ ...ALL_WELL, workloadsToRestart: 2 }))],
  ["compliant, one pod of one", report(counted({ podsInMesh: 1, podsRedirected: 1, agentsReady: 1, agentsDesired: 1 }))],
  ["compliant, no agent wanted", report(counted({ podsInMesh: 2, podsRedirected: 0, agentsReady: 0, agentsDesired: 0 }))],
  ["compliant, no pods", report(counted({ podsInMesh: 0, podsRedirected: 0 }))],
  ["compliant, no pods, with agents", report(counted({ podsInMesh: 0, podsRedirected: 0, agentsReady: 2, agentsDesired: 3 }))],
  ["compliant, no pods, with agents of which none was counted", report(counted({ podsInMesh: 0, podsRedirected: 0, agentsDesired: 3 }))],
  ["compliant, no pods, probed", report(counted({ podsInMesh: 0, podsRedirected: 0, namespacesProbed: 3, namespacesAdmitted: 2 }))],
  ["compliant, only one number is known", report(counted({ podsInMesh: 3 }))],
  ["changed, switched", report({ status: "changed", ...mesh("InitContainers", "CNIChaining"), ...counted(ALL_WELL) })],
  ["changed, switched from something newer", report({ status: "changed", ...mesh("Ambient", "CNIChaining") })],
  ["changed, from nothing", report({ status: "changed", ...mesh("", "CNIChaining"), ...plan({ title: "Switch the mesh", outcome: "done" }, { ...WAIT, outcome: "done" }, { title: "Restart", outcome: "failed" }, { title: "Label namespaces", outcome: "done" }) })],
  ["changed, to nothing", report({ status: "changed", ...mesh("CNIChaining", ""), ...plan() })],
  ["changed, by waiting", report({ status: "changed", ...plan({ ...WAIT, outcome: "done" }) })],
  ["changed back", report({ mode: "disable", status: "changed", ...mesh("CNIChaining", "InitContainers"), ...counted({ podsInMesh: 2, podsRedirected: 1, agentsReady: 1, agentsDesired: 1 }) })],
  ["nothing to switch back", report({ mode: "disable", ...mesh("", "", "Disabled") })],
  ["drifted, one cause", report({ mode: "check", status: "drifted", ...INIT, checks: [OFF, MISSING], diagnosis: [because("cni-chaining-enabled", "cni-daemonset-ready")] })],
  ["drifted, two causes", report({ mode: "check", status: "drifted", ...INIT, checks: [OFF, MISSING, REFUSED], diagnosis: [because("cni-chaining-enabled"), because("workloads-admitted")] })],
  ["drifted, three causes", report({ mode: "check", status: "drifted", ...INIT, checks: [OFF, MISSING, REFUSED] })],
  ["drifted, beside a check that could not be made", report({ mode: "check", status: "drifted", ...INIT, checks: [UNDECIDED, OFF], diagnosis: [because("admission-probe"), because("cni-chaining-enabled")] })],
  ["drifted, refused in namespaces", report({ mode: "check", status: "drifted", ...counted({ namespacesProbed: 3, namespacesRefused: 2 }) })],
  ["drifted, refused workloads", report({ mode: "check", status: "drifted", ...counted({ workloadsRefused: 1 }), checks: [REFUSED] })],
  ["drifted, refused in namespaces, and workloads", report({ mode: "check", status: "drifted", ...counted({ namespacesProbed: 1, namespacesRefused: 1, workloadsRefused: 2 }) })],
  ["compliant, one workload was refused before", report({ ...counted({ workloadsRefused: 1 }), checks: [check("workloads-admitted", "warn", "It waits")] })],
  ["compliant, workloads wait, and none is refused", report({ ...counted({ namespacesProbed: 1, namespacesRefused: 1 }), checks: [check("workloads-admitted", "warn", "They wait")] })],
  ["compliant, another check warns", report({ ...counted({ workloadsRefused: 2 }), checks: [check("pods-redirected", "warn", "With warnings")] })],
  ["unverified, nothing seen", report({ mode: "check", status: "unverified" })],
  ["unverified, nothing seen, and the mechanism is another", report({ mode: "check", status: "unverified", ...INIT })],
  ["unverified back", report({ mode: "disable", status: "unverified", ...INIT })],
  ["unverified, partly", report({ mode: "check", status: "unverified", ...counted({ podsInMesh: 1, podsRedirected: 1 }), diagnosis: [because("admission-probe", "workloads-admitted"), because("injector-configured")] })],
  ["unverified, stopped", report({ mode: "check", status: "unverified", diagnosis: [because("cluster-ready", "admission-probe")] })],
  ["failed, the inputs", report({ status: "failed", ...error("InvalidInput") })],
  ["failed, while doing something", report({ status: "failed", ...error("AuthorizationFailed"), checks: [OFF] })],
  ["failed, for a check that fails", report({ status: "failed", ...error("cni-daemonset-ready"), checks: [MISSING] })],
  ["failed, for a check that could not be made", report({ status: "failed", ...error("admission-probe"), checks: [UNDECIDED] })],
  ["failed, several revisions", report({ status: "failed", ...error("AmbiguousRevision") })],
  ["failed, AKS Automatic", report({ mode: "disable", status: "failed", ...error("WouldRefusePods") })],
  ["failed plan", report({ mode: "plan", status: "failed", ...error("Timeout", "reading the cluster") })],
  ["plan, nothing to do", report({ mode: "plan", ...plan({ outcome: "unneeded" }) })],
  ["plan, one change", report({ mode: "plan", status: "drifted", ...plan(SWITCH, { ...WAIT, outcome: "planned" }, { outcome: "unneeded" }) })],
  ["plan, two changes beside a cause", report({ mode: "plan", status: "drifted", checks: [OFF], ...plan(SWITCH, { ...SWITCH, id: "restart-workloads" }) })],
  ["plan, blocked by a check", report({ mode: "plan", status: "drifted", ...plan({ outcome: "unneeded" }, BLOCKED), checks: [check("mesh-enabled", "fail", "The mesh is off")] })],
  ["plan, blocked by something newer", report({ mode: "plan", status: "drifted", ...plan({ ...BLOCKED, reason: "blocked (some-thing): x" }), checks: [] })],
  ["plan, a reason that mentions what is blocked", report({ mode: "plan", ...plan({ outcome: "unneeded", reason: "not blocked (mesh-enabled)" }) })],
  ["plan, nothing that apply could change", report({ mode: "plan", status: "drifted", checks: [REFUSED], ...plan({ ...WAIT, outcome: "planned" }) })],
  ["plan, not looked into", report({ mode: "plan", status: "unverified" })],
  ["told beside the causes", report({ checks: [check("pods-redirected", "warn", "With warnings"), check("workloads-current", "warn", "2 workloads need a restart"), OFF, check("admission-probe", "warn", "Refused")], diagnosis: [because("admission-probe"), because("cni-chaining-enabled", "workloads-current")] })],
];

/** A run as the pages show it. */
function asText([name, given]: (typeof RUNS)[number]): string {
  const { icon, title } = verdictOf(given);
  const blocker = blockerOf(given);
  return [
    `## ${name}`, "", `${icon} ${headlineOf(given)}`,
    ...proofOf(given),
    ...(blocker === undefined ? [] : [`blocked by ${blocker.code}: ${blockerTitle(blocker)}`]),
    `planned: ${String(plannedChanges(given))}`,
    `causes: ${causesOf(given).map((one) => `${one.cause}${isFailing(given, one) ? "" : " (undecided)"}`).join(", ")}`,
    `warnings: ${warningsOf(given).map(({ id }) => id).join(", ")}`,
    "",
    ...(headlineOf(given).includes(title) ? [] : [`the headline lacks the title ${title}`]),
  ].join("\n");
}

test("what a run is called", async () => {
  await expect(RUNS.map(asText).join("\n")).toMatchFileSnapshot(fileURLToPath(new URL("verdict.md", import.meta.url)));
});

describe("a cause of a report without a diagnosis", () => {
  it("is each check that fails, with its remedy in words and its commands", () => {
    const failing = { ...OFF, remedy: "Switch it:\naz aks update" };
    expect(causesOf({ checks: [failing, UNDECIDED] })).toEqual([{ cause: OFF.id, consequences: [], message: OFF.message, remedy: "Switch it.", commands: ["az aks update"] }]);
  });
});
