/** When the drift issue closes and stays closed, and that each of its comments is posted once. */
import { describe, expect, it } from "vitest";
import type { Fault } from "../../simulator/index.ts";
import type { SimulatedRequest } from "../../simulator/lib/http.ts";
import { APPLY, CHECK, DRIFT, only, problem, relabel } from "./drift-issue.ts";
import { act, startWorld } from "./in-process.ts";
import * as bundled from "./world.ts";
import { annotated } from "./world.ts";

/** Answers the first requests for a list as if nothing had been written yet: overlapping runs read it before either of them writes. */
function staleList(isList: (request: SimulatedRequest) => boolean, isStale: () => boolean): Fault {
  return { match: (request) => request.service === "github" && request.method === "GET" && isList(request) && isStale(), fault: { kind: "respond", status: 200, headers: { "content-type": "application/json" }, body: [] } };
}
const isComments = ({ path }: SimulatedRequest): boolean => path.endsWith("/comments");
const isNewComment = ({ service, method, path }: SimulatedRequest): boolean => service === "github" && method === "POST" && path.endsWith("/comments");

describe("what the issue lists", () => {
  it("counts as gone where it does not apply any more", async () => {
    await using simulator = await startWorld("reset-by-terraform");
    relabel(simulator, "asm-1-99");
    await act(simulator, CHECK);
    const issue = only(simulator);
    expect(issue.body).toContain("`admission-probe`");
    await act(simulator, { mode: "apply" });
    // No namespace is in the mesh any more: nothing is probed, and no pod is left to look at.
    const { world, clock } = simulator;
    for (const namespace of world.kubernetes.namespaces) namespace.labels.push({ from: clock.now(), labels: { "kubernetes.io/metadata.name": namespace.name } });
    world.kubernetes.workloads.length = 0;
    const run = await act(simulator, CHECK);
    expect(run.outputs, run.log).toMatchObject({ status: "compliant", "issue-number": "1" });
    expect(issue, run.log).toMatchObject({ state: "closed", stateReason: "completed" });
    expect(issue.comments.at(-1)?.body).toMatch(/no longer exists[^]*`admission-probe`: No namespace has injection on/);
  });

  it("is not mended by disable, which asks for the opposite", async () => {
    await using simulator = await startWorld("reset-by-terraform");
    await act(simulator, CHECK);
    const run = await act(simulator, { mode: "disable", "drift-issue": "true" });
    expect(run.outputs, run.log).toMatchObject({ "issue-number": "1" });
    expect(["compliant", "changed"]).toContain(run.outputs["status"]);
    expect(only(simulator)).toMatchObject({ state: "open", labels: [DRIFT], comments: [] });
  });

  it("is another for other namespaces", async () => {
    await using simulator = await startWorld("reset-by-terraform");
    const shop = { ...CHECK, namespaces: "shop" };
    expect((await act(simulator, shop)).outputs["issue-number"]).toBe("1");
    expect((await act(simulator, { ...CHECK, namespaces: "payments" })).outputs["issue-number"]).toBe("2");
    expect((await act(simulator, CHECK)).outputs["issue-number"]).toBe("3");
    expect(simulator.world.github.issues.map(({ title }) => title)).toEqual([
      "Istio CNI drift: demo in rg-mesh-demo, namespaces shop",
      "Istio CNI drift: demo in rg-mesh-demo, namespaces payments",
      "Istio CNI drift: demo in rg-mesh-demo",
    ]);
    expect((await act(simulator, shop)).outputs["issue-number"]).toBe("1");
  });
});

describe("the comments", () => {
  it("are posted by the next run where GitHub failed to take one", async () => {
    await using simulator = await startWorld("reset-by-terraform");
    await act(simulator, CHECK);
    relabel(simulator, "asm-1-99");
    let isDown = true;
    simulator.faults.add({ match: (request) => isNewComment(request) && isDown, fault: { kind: "respond", status: 502, body: {} } });
    const failed = await act(simulator, CHECK);
    expect(problem(failed)).toContain("commenting on the issue");
    expect(failed.outputs["issue-number"], "the issue is known").toBe("1");
    isDown = false;
    await act(simulator, CHECK);
    await act(simulator, CHECK);
    expect(only(simulator).comments.map(({ body }) => body)).toEqual([expect.stringContaining("**found** `namespaces-labelled`")]);
  });

  it("are posted once where GitHub took one and the answer was lost", async () => {
    await using simulator = await startWorld("reset-by-terraform");
    await act(simulator, CHECK);
    relabel(simulator, "asm-1-99");
    simulator.faults.add({ match: isNewComment, nth: 1, fault: { kind: "reset", afterEffect: true } });
    await act(simulator, CHECK);
    await act(simulator, CHECK);
    expect(only(simulator).comments).toHaveLength(1);
    expect(only(simulator).body).toContain("`namespaces-labelled`");
  });

  it("are posted once by two runs that overlap", async () => {
    await using simulator = await bundled.startWorld("reset-by-terraform");
    await bundled.act(simulator, CHECK);
    relabel(simulator, "asm-1-99");
    const issue = only(simulator);
    let posted = 0;
    // Neither run sees the comment or the new body of the other one before it has posted its own.
    simulator.faults.add({
      match: (request) => {
        if (isNewComment(request)) posted += 1;
        return false;
      },
      fault: { kind: "hang" },
    });
    simulator.faults.add(staleList(isComments, () => posted < 2));
    const before = structuredClone(issue);
    simulator.faults.add({
      match: ({ service, method, path, query }) => service === "github" && method === "GET" && path.endsWith("/issues") && query.get("state") === "open" && posted < 2,
      fault: { kind: "respond", status: 200, headers: { "content-type": "application/json" }, body: [{ number: 1, title: before.title, body: before.body, state: "open", user: { login: before.author }, labels: [{ name: DRIFT }] }] },
    });
    const runs = await Promise.all([bundled.act(simulator, CHECK), bundled.act(simulator, CHECK, { env: { GITHUB_RUN_ID: "4200000002" } })]);
    expect(posted, "both runs posted").toBe(2);
    expect(only(simulator).comments, runs.map(({ log }) => log).join("\n")).toHaveLength(1);
    expect(runs.map(({ outputs }) => outputs["issue-number"])).toEqual(["1", "1"]);
  });

  it("are left out where the conversation is locked, and the issue is closed all the same", async () => {
    await using simulator = await startWorld("reset-by-terraform");
    await act(simulator, CHECK);
    const issue = only(simulator);
    issue.locked = true;
    relabel(simulator, "asm-1-99");
    expect(annotated(await act(simulator, CHECK), "warning").filter((text) => text.startsWith("Drift issue"))).toEqual([]);
    expect(issue.body).toContain("`namespaces-labelled`");
    relabel(simulator, "asm-1-30");
    const fixed = await act(simulator, APPLY);
    expect(fixed.outputs, fixed.log).toMatchObject({ status: "changed", "issue-number": "1" });
    expect(issue).toMatchObject({ state: "closed", stateReason: "completed", comments: [] });
  });
});

describe("an issue that somebody closed", () => {
  it("as not planned stays closed, until somebody reopens it", async () => {
    await using simulator = await startWorld("reset-by-terraform");
    await act(simulator, CHECK);
    const issue = only(simulator);
    Object.assign(issue, { state: "closed", stateReason: "not_planned" });
    const ignored = await act(simulator, CHECK);
    expect(ignored.outputs, ignored.log).toMatchObject({ status: "drifted", "issue-number": "1" });
    expect(only(simulator)).toMatchObject({ state: "closed", comments: [] });
    expect(ignored.log).toContain("Reopen it to have it updated again");

    Object.assign(issue, { state: "open", stateReason: "reopened" });
    relabel(simulator, "asm-1-99");
    await act(simulator, CHECK);
    expect(only(simulator).comments).toHaveLength(1);
  });

  it("as not planned is replaced by a new one once its label is gone", async () => {
    await using simulator = await startWorld("reset-by-terraform");
    await act(simulator, CHECK);
    Object.assign(only(simulator), { state: "closed", stateReason: "not_planned", labels: [] });
    expect((await act(simulator, CHECK)).outputs["issue-number"]).toBe("2");
  });

  it("as completed is reopened while the drift lasts", async () => {
    await using simulator = await startWorld("reset-by-terraform");
    await act(simulator, CHECK);
    Object.assign(only(simulator), { state: "closed", stateReason: "completed" });
    await act(simulator, CHECK);
    expect(only(simulator)).toMatchObject({ state: "open" });
  });
});
