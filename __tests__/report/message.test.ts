import { describe, expect, it } from "vitest";
import type { Report } from "../../src/contract.ts";
import { messageOf } from "../../src/report/message.ts";
import { driftedReport, report } from "./samples.ts";

const check = (id: Report["checks"][number]["id"], result: "pass" | "fail", message: string, remedy = ""): Report["checks"][number] => ({ id, title: id, result, message, evidence: [], remedy });

describe("the message", () => {
  it.each<[string, Report, string]>([
    ["of a compliant cluster says what is proven", report({ status: "compliant", counts: { after: { podsInMesh: 7, podsRedirected: 7 } } }), ": CNI chaining is on. 7 of 7 pods in the mesh are redirected by the CNI agent."],
    [
      "of a drifted cluster says the cause, what is proven, and what to do, without the commands",
      driftedReport({ mode: "check", counts: { after: { namespacesProbed: 2, namespacesRefused: 2 } }, checks: [{ ...check("cni-chaining-enabled", "fail", "", "Run mode: apply.\naz aks x"), title: "CNI chaining is off" }] }),
      ": CNI chaining is off. New pods are refused (2 of 2 namespaces probed). Run mode: apply.",
    ],
    [
      "of workloads that wait says so, and what to do",
      report({ status: "changed", counts: { after: { workloadsRefused: 4 } }, checks: [{ ...check("workloads-admitted", "pass", ""), result: "warn", remedy: "Wait, or restart them now:\nkubectl x" }] }),
      ": CNI chaining is on. 4 workloads were refused before, and have not tried again yet. Wait, or restart them now.",
    ],
    [
      "of a run that stopped says what it was doing, what came back, and what to do, in one line",
      report({ status: "failed", error: { code: "X", doing: "reading the cluster", message: "it answered 403.", remedy: "Grant Reader.\naz role assignment create" } }),
      ": failed while reading the cluster: it answered 403. Grant Reader.",
    ],
  ])("%s", (_, given, expected) => {
    expect(messageOf(given)).toBe(`${given.cluster.name}${expected}`);
  });
});
