/** Which clusters have one cause, and what is said of it. */
import { describe, expect, it } from "vitest";
import { fleetCauses } from "../../../src/actions/fleet-summary/causes.ts";
import type { FleetReport } from "../../../src/actions/fleet-summary/decode-report.ts";
import { assembleFleet } from "../../../src/actions/fleet-summary/fleet.ts";
import { causeMessage, causeTitle } from "../../../src/actions/fleet-summary/verdict.ts";
import type { Check, Diagnosis, LastWrite, Report } from "../../../src/contract.ts";
import { check, driftedReport, failedReport } from "../../report/samples.ts";
import { fleetReport, idOf, listOf, reads } from "./samples.ts";

const OFF = check({ result: "fail", title: "CNI chaining is off", message: "The mesh redirects by InitContainers." });
const INJECTOR = check({ id: "injector-configured", result: "fail", title: "The injector makes init containers", message: "pilot.cni.enabled is false." });

function diagnosis(cause: Check, overrides: Partial<Diagnosis> = {}): Diagnosis {
  return { cause: cause.id, consequences: [], message: cause.message, remedy: "Run this action with mode: apply, or switch it yourself: If it changes back, find the tool.", commands: [], ...overrides };
}

function drifted(overrides: Partial<Report> = {}): Report {
  return driftedReport({ checks: [OFF, INJECTOR], diagnosis: [diagnosis(OFF, { consequences: [INJECTOR.id] })], ...overrides });
}

function writtenBy(by: string, at: string, more: Partial<LastWrite> = {}): Partial<Report> {
  return drifted({ lastWrites: [{ at, by, application: "7d0c7f0e-2f64-4d8b-9a3a-5b8f3f0f6c11", operation: "Create or Update Managed Cluster", status: "Succeeded", correlationId: "", ...more }] });
}

function unverified(message: string, overrides: Partial<Report> = {}): Partial<Report> {
  const skipped = check({ id: "injector-configured", result: "skip", title: "Injector: not checked", message });
  return { mode: "check", status: "unverified", checks: [skipped], diagnosis: [diagnosis(skipped)], ...overrides };
}

function rolesMissing(...roles: readonly string[]): Partial<Report> {
  const { checks = [], diagnosis: causes = [] } = unverified("Kubernetes answered 403.");
  return unverified("", { checks, diagnosis: causes.map((cause) => ({ ...cause, message: "The identity lacks 1 right." })), missingRights: roles.map((role) => ({ action: "get daemonsets", scope: "the cluster", role })) });
}

/** The causes of these reports, as `title: names; written`. */
function causesOf(...reports: readonly FleetReport[]): readonly string[] {
  return fleetCauses(assembleFleet(reads(reports), undefined, undefined).members).map((cause) => `${causeTitle(cause)}; ${causeMessage(cause, ({ name }) => name)}`);
}

const APPLY = "Run this action with mode: apply, or switch it yourself.";

describe("the causes of a fleet", () => {
  it.each<[string, readonly FleetReport[], readonly string[]]>([
    ["none where all clusters are compliant", [fleetReport("a")], []],
    ["one for a finding and what follows from it", [fleetReport("a", drifted()), fleetReport("b", drifted())], [`2 clusters drifted: CNI chaining is off; a, b. ${APPLY}`]],
    [
      "one per author of the last write, with the first and the last time",
      [fleetReport("a", writtenBy("terraform-prod", "2026-11-26T02:40:00Z")), fleetReport("b", writtenBy("An Operator", "2026-11-25T09:00:00Z")), fleetReport("c", writtenBy("terraform-prod", "2026-11-26T02:10:00Z"))],
      [`2 clusters drifted: CNI chaining is off; a, c; last written by terraform-prod, 26 Nov 02:10-02:40 UTC. ${APPLY}`, `1 cluster drifted: CNI chaining is off; b; last written by An Operator, 25 Nov 09:00 UTC. ${APPLY}`],
    ],
    [
      "with both days where the writes were on two",
      [fleetReport("a", writtenBy("terraform-prod", "2026-11-26T23:50:00Z")), fleetReport("b", writtenBy("terraform-prod", "2026-11-27T00:05:00Z"))],
      [`2 clusters drifted: CNI chaining is off; a, b; last written by terraform-prod, 26 Nov 23:50 to 27 Nov 00:05 UTC. ${APPLY}`],
    ],
    [
      "without an author where another check is the cause, whoever wrote the cluster",
      [fleetReport("a", { ...writtenBy("terraform-prod", "2026-11-26T02:10:00Z"), checks: [INJECTOR], diagnosis: [diagnosis(INJECTOR, { remedy: "Wait." })] })],
      ["1 cluster drifted: the injector makes init containers; a. Wait."],
    ],
    ["one per set of missing roles", [fleetReport("a", rolesMissing("RBAC Reader")), fleetReport("b", rolesMissing("RBAC Reader"))], ["2 clusters not checked: the identity lacks the role RBAC Reader; a, b. Assign the role to the identity."]],
    [
      "one for a reason that names each cluster",
      [fleetReport("aks-1", unverified("connecting to the API server of aks-1: ECONNREFUSED 10.0.0.1:443.")), fleetReport("aks-2", unverified("connecting to the API server of aks-2: ETIMEDOUT."))],
      [`2 clusters not checked: connecting to the API server of the cluster; aks-1, aks-2. ${APPLY}`],
    ],
    ["the error of a run that failed", [fleetReport("a", failedReport())], ["1 cluster not checked: the run failed while switching the redirection mechanism; a. Give the identity the role Azure Kubernetes Service Contributor on the cluster."]],
    ["the check that stood in the way of a run", [fleetReport("a", failedReport({ checks: [OFF], error: { code: OFF.id, doing: "checking", message: "no", remedy: "" } }))], ["1 cluster not checked: CNI chaining is off; a."]],
    ["steps of a plan without a failing check", [fleetReport("a", { mode: "plan", status: "drifted" })], ["1 cluster drifted: steps are planned; a. Run the action with mode: apply."]],
    ["drift first, then what has the most clusters", [fleetReport("a", rolesMissing("R")), fleetReport("b", rolesMissing("R")), fleetReport("c", drifted())], [`1 cluster drifted: CNI chaining is off; c. ${APPLY}`, "2 clusters not checked: the identity lacks the role R; a, b. Assign the role to the identity."]],
    [
      "the message of the first failing check in a report of an earlier release, whose titles say what should be",
      [fleetReport("a", driftedReport({ checks: [check({ result: "fail", title: "CNI chaining is on in Azure", message: "Azure says InitContainers.", remedy: "Run the action in mode apply." })] }))],
      ["1 cluster drifted: Azure says InitContainers; a. Run the action in mode apply."],
    ],
    ["the reason of an earlier release that could not check", [fleetReport("a", { status: "unverified", checks: [check({ result: "skip", message: "the API server did not answer: timeout" })] })], ["1 cluster not checked: the API server did not answer; a."]],
  ])("are %s", (_, reports, expected) => {
    expect(causesOf(...reports)).toEqual(expected);
  });

  it("are also what has no report: a lost one, a file that is none, and a subscription that could not be listed", () => {
    const expected = listOf([idOf("a"), idOf("b")], { gaps: [{ subscriptionId: "s", reason: "Azure answered 403.", remedy: "Assign Reader." }] });
    const causes = fleetCauses(assembleFleet(reads([], [{ path: "x.json", problem: "it is not JSON", clusterId: "" }]), expected, undefined).members);
    expect(causes.map((cause) => [causeTitle(cause), cause.remedy])).toEqual([
      ["2 clusters not checked: no report", "The check did not run, was cancelled, or its report was lost. Run the failed jobs again."],
      ["1 cluster not checked: the file is not a report: it is not JSON", "Use fleet-summary of the release that wrote the reports."],
      ["1 subscription not listed: Azure answered 403", "Assign Reader."],
    ]);
  });
});
