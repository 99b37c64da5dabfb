import { describe, expect, it } from "vitest";
import type { Report } from "../../src/contract.ts";
import { messageOf } from "../../src/report/message.ts";
import { driftedReport, report } from "./samples.ts";

const check = (id: Report["checks"][number]["id"], result: "pass" | "fail", message: string, remedy = ""): Report["checks"][number] => ({ id, title: id, result, message, evidence: [], remedy });

describe("the message", () => {
  it.each<[string, Report, string]>([
    ["of a compliant cluster says what is proven", report({ status: "compliant", checks: [check("pods-redirected", "pass", "Redirection works in 7 pods.")] }), ": compliant. CNI chaining is on. Redirection works in 7 pods."],
    [
      "of a drifted cluster says the first finding, how many there are more, and what to do",
      driftedReport({ mode: "check", checks: [check("cni-chaining-enabled", "fail", "The mesh redirects by InitContainers.", "Run mode: apply."), check("admission-probe", "fail", "No.")] }),
      ": drifted: The mesh redirects by InitContainers. (and 1 more failed check) Run mode: apply.",
    ],
    [
      "of a run that stopped says what it was doing, what came back, and what to do, in one line",
      report({ status: "failed", error: { code: "X", doing: "reading the cluster", message: "it answered 403.", remedy: "Grant Reader.\naz role assignment create" } }),
      ": failed while reading the cluster: it answered 403. Grant Reader. az role assignment create",
    ],
  ])("%s", (_, given, expected) => {
    expect(messageOf(given)).toBe(`${given.cluster.name}${expected}`);
  });
});
