/** Where a run finds drift, it shows who wrote the cluster last; where that is not known, nothing else changes. */
import { describe, expect, it } from "vitest";
import type { Fault, Simulator, World } from "../../simulator/index.ts";
import type { Reply, SimulatedRequest } from "../../simulator/lib/http.ts";
import { isObject, type Json, objectsAt } from "../../simulator/lib/json.ts";
import { addNeighboursChange, clusterChange, OPERATOR, terraformPipeline } from "../../simulator/world/changes.ts";
import { act, startWorld } from "./in-process.ts";
import * as bundled from "./world.ts";
import { type Run } from "./world.ts";

const DAY = 24 * 3_600_000;
const isLog = ({ service, path }: SimulatedRequest): boolean => service === "arm" && path.endsWith("/eventtypes/management/values");
const asked = (simulator: Simulator) => simulator.requestLog.of("arm").filter(({ path }) => path.endsWith("/eventtypes/management/values"));

const withoutRight = ({ rights }: World): void => {
  rights.arm = rights.arm.filter(({ action }) => action !== "Microsoft.Insights/eventtypes/values/read");
};

/** Verdict, exit code and changes are those of a run that read the log. */
function expectUnknown(run: Run, why: RegExp): void {
  expect(run.outputs, run.log).toMatchObject({ status: "drifted", drift: "true" });
  expect(run.exitCode).toBe(1);
  expect(run.report.lastWrites, "not known is not the same as none").toBeUndefined();
  expect(run.log).toMatch(new RegExp(`who wrote the cluster last is not known: .*${why.source}`));
  expect(run.summary).toMatch(/\| Last write \| not known: /);
}

describe("the last writes of the cluster", () => {
  it.each(["check", "plan"])("are in the report, on the page and in the log of %s, where a pipeline has reset the mechanism", async (mode) => {
    await using simulator = await startWorld("reset-by-terraform");
    const run = await act(simulator, { mode });
    const terraform = terraformPipeline(simulator.world);
    expect(run.outputs["status"], run.log).toBe("drifted");
    expect(run.report.lastWrites?.map(({ by, status }) => `${by}: ${status}`)).toEqual(["terraform-prod: Succeeded", "terraform-prod: Failed", "An Operator: Succeeded"]);
    const [reset] = simulator.world.activity.filter(({ change, status }) => change.by.caller === terraform.caller && status === "Succeeded");
    expect(run.report.lastWrites?.[0], "the time at which Terraform sent it, and what finds it in the log again").toMatchObject({ application: terraform.applicationId, operation: "Create or Update Managed Cluster", correlationId: reset!.change.correlationId });
    expect(Date.parse(run.report.lastWrites![0]!.at)).toBeLessThan(reset!.at);
    expect(run.summary).toMatch(/\*\*Last written\*\* before this run: \d+ \w{3} \d\d:\d\d UTC by \*\*terraform-prod\*\*, application /);
    expect(run.summary).toContain("<details><summary>The last 3 writes of the cluster</summary>");
    expect(run.log).toMatch(/before this run, the cluster was last written \d+ \w{3} \d\d:\d\d UTC by terraform-prod/);
    expect(asked(simulator), "one request").toHaveLength(1);
  });

  it("do not hold the writes of the run itself", async () => {
    await using simulator = await startWorld("reset-by-terraform", { tweak: (world) => (world.timing.activityLog = 0) });
    const first = await act(simulator);
    expect(first.outputs["status"], first.log).toBe("changed");
    expect(first.report.lastWrites?.[0]?.by).toBe("terraform-prod");
    const back = await act(simulator, { mode: "disable" });
    expect(back.outputs["changed"], back.log).toBe("true");
    expect(back.report.lastWrites?.[0], "the write of the run before").toMatchObject({ by: simulator.world.identity.objectId, application: simulator.world.identity.clientId });
    expect(back.report.lastWrites?.filter(({ by }) => by === simulator.world.identity.objectId)).toHaveLength(1);
  });

  it("say who stopped a cluster", async () => {
    await using simulator = await startWorld("stopped");
    const { report } = await act(simulator, { mode: "plan" });
    expect(report.lastWrites).toMatchObject([{ by: "An Operator", operation: "Stop Managed Cluster", status: "Succeeded" }]);
  });

  it("are asked for where only the cluster shows the drift", async () => {
    await using simulator = await startWorld("refused-by-safeguards", { tweak: (world) => addNeighboursChange(world, world.startedAt - DAY, clusterChange(world, OPERATOR)) });
    const { report } = await act(simulator, { mode: "check" });
    expect(report.lastWrites).toMatchObject([{ by: "An Operator" }]);
    expect(asked(simulator)).toHaveLength(1);
  });

  it.each(["check", "plan", "apply"])("are not asked for by %s on a compliant cluster", async (mode) => {
    await using simulator = await startWorld("compliant");
    const run = await act(simulator, { mode });
    expect(asked(simulator)).toEqual([]);
    expect(run.report.lastWrites).toBeUndefined();
    expect(`${run.summary}${run.log}`).not.toMatch(/last written/i);
  });

  it("are none where the last one is older than a week", async () => {
    await using simulator = await startWorld("stale-pods", { tweak: (world) => addNeighboursChange(world, world.startedAt - 8 * DAY, clusterChange(world, OPERATOR)) });
    const run = await act(simulator, { mode: "check" });
    expect(run.report.lastWrites, run.log).toEqual([]);
    expect(run.summary).toContain("**Last written** before this run: more than seven days ago.");
  });
});

describe("an activity log that cannot be read", () => {
  it("for want of the right: the log names it", async () => {
    await using simulator = await startWorld("reset-by-terraform", { tweak: withoutRight });
    const run = await act(simulator, { mode: "check" });
    expectUnknown(run, /the identity lacks Microsoft\.Insights\/eventtypes\/values\/read on the subscription, which the built-in role "Reader" includes/);
    expect(run.annotations.map(({ message }) => message).join("\n")).not.toContain("Microsoft.Insights");
  });

  const faults: readonly (readonly [string, Fault["fault"], RegExp])[] = [
    ["an answer that is no list", { kind: "respond", status: 200, body: { value: {} } }, /a list of events/],
    ["a page of a proxy", { kind: "html" }, /not JSON/],
    ["a long pause after 429", { kind: "respond", status: 429, headers: { "retry-after": "300" }, body: {} }, /429/],
    ["no answer", { kind: "hang" }, /no answer within 10 s/],
  ];

  it.each(faults)("%s: the run's verdict is the same", async (_, fault, why) => {
    await using simulator = await startWorld("reset-by-terraform", { faults: [{ match: isLog, fault }] });
    expectUnknown(await act(simulator, { mode: "check" }), why);
  });

  it("does not keep apply from switching", async () => {
    await using simulator = await startWorld("reset-by-terraform", { tweak: withoutRight });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("changed");
    expect(run.exitCode).toBe(0);
  });

  it("ends with a cancelled run", async () => {
    await using simulator = await bundled.startWorld("reset-by-terraform", { faults: [{ match: isLog, fault: { kind: "hang" } }, { match: ({ service }) => service === "kubernetes", fault: { kind: "hang" } }] });
    let stop = (): void => undefined;
    const run = await bundled.act(simulator, { mode: "check" }, { onStart: (child) => (stop = () => void child.kill("SIGINT")), onLog: (text) => text.includes("Azure: demo is") && stop() });
    expect(run.report, run.log).toMatchObject({ status: "failed", error: { code: "Cancelled" } });
  });
});

describe("hostile text in the activity log", () => {
  const NAME = "</td><h1>x</h1> **[x](https://evil.example)** @octocat\n::error::x";

  it("stays text, in the log of the step and on the page", async () => {
    const poison = (value: Json): Json => {
      for (const event of objectsAt({ value }, "value")) Object.assign(event, { caller: NAME, claims: { name: NAME, appid: NAME, xms_mirid: NAME }, correlationId: NAME, status: { value: NAME } });
      return value;
    };
    const change = (reply: Reply): Reply => (isObject(reply.body) ? { ...reply, body: { ...reply.body, value: poison(reply.body["value"] ?? []) } } : reply);
    await using simulator = await startWorld("reset-by-terraform", { faults: [{ match: isLog, fault: { kind: "alter", change } }] });
    const run = await act(simulator, { mode: "check" });
    expect(run.report.lastWrites?.[0]?.by, "the report has it as it is").toBe(NAME);
    expect(run.log.split(/\r?\n/).filter((line) => /^\s*::error::/.test(line))).toEqual([]);
    expect(run.summary).not.toMatch(/<h1>|\]\(https:\/\/evil|@octocat|\*\*\[x\]/);
    expect(run.summary).toContain("Last written");
  });
});
