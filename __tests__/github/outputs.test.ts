import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OUTPUT_NAMES, outputsOf, setOutputs } from "../../src/github/outputs.ts";
import { hostileText } from "../report/hostile-text.ts";
import { messageOf } from "../../src/report/message.ts";
import { driftedReport, report } from "../report/samples.ts";

describe("the outputs", () => {
  it("tell a compliant run", () => {
    const outputs = outputsOf(report(), { changed: false, daemonsetReady: "3/3", staleWorkloads: 0, reportPath: "/tmp/a  b.json", issueNumber: 7 });
    expect(outputs).toEqual({
      status: "compliant",
      changed: "false",
      drift: "false",
      "feature-state": "Registered",
      "redirection-mechanism": "CNIChaining",
      revisions: "asm-1-27",
      "daemonset-ready": "3/3",
      "stale-workloads": "0",
      "report-path": "/tmp/a  b.json",
      "issue-number": "7",
      "failed-checks": "",
      message: messageOf(report()),
    });
  });

  it("tell drift, and stay empty where nothing is known", () => {
    const outputs = outputsOf(driftedReport(), { changed: false, reportPath: "r.json" });
    expect(outputs).toMatchObject({
      status: "drifted",
      drift: "true",
      revisions: "asm-1-26,asm-1-27",
      "daemonset-ready": "",
      "stale-workloads": "",
      "issue-number": "",
    });
  });

  it("tell drift where apply changed what it could and checks still fail", () => {
    const outputs = outputsOf(driftedReport({ mode: "apply", status: "failed" }), { changed: true, reportPath: "r.json" });
    expect(outputs).toMatchObject({ status: "failed", changed: "true", drift: "true" });
  });

  it("are single lines without control characters", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const hostile = report({
          mesh: { mode: "Istio", revisions: [text], redirectionMechanism: { before: text, after: text } },
          feature: { name: text, before: text, after: text },
        });
        const outputs = outputsOf(hostile, { changed: true, daemonsetReady: text, reportPath: text });
        for (const name of OUTPUT_NAMES) expect(outputs[name]).not.toMatch(/\p{Cc}/u);
      }),
    );
  });

  it("are bounded, and say where they were cut", () => {
    const long = "x".repeat(2_000_000);
    const many = report({
      mesh: { mode: "Istio", revisions: Array.from({ length: 100_000 }, () => long), redirectionMechanism: { before: long, after: long } },
      feature: { name: long, before: long, after: long },
    });
    const outputs = outputsOf(many, { changed: true, daemonsetReady: long, reportPath: "r.json" });
    for (const name of OUTPUT_NAMES) expect(outputs[name].length, name).toBeLessThan(1050);
    expect(outputs["redirection-mechanism"]).toMatch(/… \(1,999,000 more characters\)$/);
  });

  it("are all handed to the runner", async () => {
    const set = new Map<string, string>();
    await setOutputs(outputsOf(report(), { changed: false, reportPath: "r.json" }), (name, value) => set.set(name, value));
    expect([...set.keys()]).toEqual([...OUTPUT_NAMES]);
  });
});
