/** What a run does to the issue, against a tracker that remembers. */
import { describe, expect, it } from "vitest";
import type { Check, CheckId, Report } from "../../../src/contract.ts";
import { syncDriftIssue, updateDriftIssue } from "../../../src/github/drift-issue/sync.ts";
import { DRIFT_LABEL, UNVERIFIED_LABEL } from "../../../src/github/drift-issue/marker.ts";
import { GitHubError } from "../../../src/github/github-error.ts";
import type { IssueTracker } from "../../../src/github/drift-issue/tracker.ts";
import { simulatedContext } from "../../simulated-context.ts";
import { ME, rememberingTracker } from "./remembering-tracker.ts";
import { check, driftedReport, failedReport, report } from "../../report/samples.ts";


const RUN = { url: "", id: "" };

const { context } = simulatedContext();

/** @returns the number that was told last */
async function sync(issues: IssueTracker, told: Report, unobserved: readonly CheckId[] = [], namespaces: readonly string[] = []): Promise<number | undefined> {
  const numbers: number[] = [];
  const ids = new Set(unobserved);
  await syncDriftIssue({ report: told, unverifiable: ids, unobserved: ids, namespaces, run: RUN }, issues, context.log, (number) => numbers.push(number));
  return numbers.at(-1);
}

/** A report of these checks, whose status a drift check would give it. */
function checked(...checks: Partial<Check>[]): Report {
  const all = checks.map((overrides) => check(overrides));
  return report({ mode: "check", status: all.some(({ result }) => result === "fail") ? "drifted" : "compliant", checks: all });
}

const SWITCH = { id: "cni-chaining-enabled", result: "fail", message: "off" } as const;
const PODS = { id: "pods-redirected", result: "fail", message: "2 pods" } as const;

describe("an open issue", () => {
  it("is rewritten without a comment where only numbers differ, and left alone where nothing does", async () => {
    const { issues, made, calls } = rememberingTracker();
    await sync(issues, checked(PODS));
    calls.length = 0;
    await sync(issues, checked({ ...PODS, message: "3 pods" }));
    expect(calls).toEqual(["list open", "update 1"]);
    expect(made[0]?.body).toContain("3 pods");
    calls.length = 0;
    await sync(issues, checked({ ...PODS, message: "3 pods" }));
    expect(calls).toEqual(["list open"]);
  });

  it("tells what is new, what differs, and what is gone", async () => {
    const { issues, made } = rememberingTracker();
    await sync(issues, checked(SWITCH, PODS));
    await sync(issues, checked({ ...SWITCH, result: "pass", message: "on" }, { ...PODS, message: "other pods" }, { id: "mesh-enabled", result: "fail", message: "no" }));
    expect(made[0]?.comments).toEqual([expect.stringMatching(/found\*\* `mesh-enabled`[^]*changed\*\* `pods-redirected`[^]*gone\*\* `cni-chaining-enabled`: on/)]);
  });

  it.each([
    ["warns now", { ...PODS, result: "warn" }, [], [DRIFT_LABEL]],
    ["was not looked at", { ...PODS, result: "skip" }, ["pods-redirected"], [DRIFT_LABEL, UNVERIFIED_LABEL]],
    ["passes as far as it could be looked at", { ...PODS, result: "pass" }, ["pods-redirected"], [DRIFT_LABEL, UNVERIFIED_LABEL]],
  ] as const)("stays open while something that it lists %s", async (_, now, unobserved, labels) => {
    const { issues, made } = rememberingTracker();
    await sync(issues, checked(PODS));
    expect(await sync(issues, checked(now), unobserved)).toBe(1);
    expect(made[0]).toMatchObject({ isOpen: true, comments: [], labels });
    expect(await sync(issues, checked({ ...PODS, result: "pass" }, { id: "workloads-current", result: "warn" }, { id: "admission-probe", result: "skip" }))).toBe(1);
    expect(made[0]).toMatchObject({ isOpen: false, reason: "completed", labels: [DRIFT_LABEL] });
  });

  it("is closed where what it lists does not apply any more, and says so", async () => {
    const { issues, made } = rememberingTracker();
    await sync(issues, checked(PODS, SWITCH));
    await sync(issues, checked({ ...PODS, result: "skip", message: "No pod is in the mesh." }, { ...SWITCH, result: "pass", message: "on" }));
    expect(made[0]).toMatchObject({ isOpen: false, reason: "completed" });
    expect(made[0]?.comments).toEqual([expect.stringMatching(/no longer exists[^]*gone\*\* `pods-redirected`: No pod is in the mesh[^]*gone\*\* `cni-chaining-enabled`: on/)]);
  });

  it("is closed although something that it does not list could not be looked at", async () => {
    const { issues, made } = rememberingTracker();
    await sync(issues, checked(SWITCH));
    const pods = check({ id: "pods-redirected", result: "skip" });
    await sync(issues, report({ mode: "check", status: "unverified", checks: [check({ ...SWITCH, result: "pass" }), pods] }), ["pods-redirected"]);
    expect(made[0]).toMatchObject({ isOpen: false, reason: "completed" });
  });

  it("is not closed by a run that failed, or has no result for what it lists", async () => {
    const { issues, made } = rememberingTracker();
    await sync(issues, checked(SWITCH));
    await sync(issues, report({ mode: "apply", status: "unverified", checks: [] }));
    await sync(issues, failedReport({ mode: "check" }));
    expect(made[0]).toMatchObject({ isOpen: true, comments: [], labels: [DRIFT_LABEL, UNVERIFIED_LABEL] });
  });

  it.each([
    ["an apply that failed", failedReport()],
    ["a disable that failed", failedReport({ mode: "disable" })],
    ["a disable whose checks ask for the opposite and pass", report({ mode: "disable", status: "changed", checks: [check({ ...SWITCH, result: "pass" })] })],
  ])("is found, and not changed, by %s", async (_, told) => {
    const { issues, calls } = rememberingTracker();
    await sync(issues, checked(SWITCH));
    calls.length = 0;
    expect(await sync(issues, told)).toBe(1);
    expect(calls).toEqual(["list open"]);
  });

  it.each([
    ["whatever it finds", driftedReport({ mode: "plan" })],
    ["without anything to do", report({ mode: "plan" })],
  ])("is not asked for by a plan, %s", async (_, told) => {
    const { issues, calls } = rememberingTracker();
    expect(await sync(issues, told)).toBeUndefined();
    expect(calls).toEqual([]);
  });
});

describe("a closed issue", () => {
  it("stays closed where somebody closed it as not planned, and is known", async () => {
    const { issues, made } = rememberingTracker();
    await sync(issues, checked(SWITCH));
    Object.assign(made[0]!, { isOpen: false, reason: "not_planned" });
    expect(await sync(issues, checked(SWITCH, PODS))).toBe(1);
    expect(made).toMatchObject([{ isOpen: false, comments: [] }]);
    made[0]!.isOpen = true;
    expect(await sync(issues, checked(SWITCH, PODS))).toBe(1);
    expect(made[0]?.comments).toHaveLength(1);
  });
});

describe("runs about different namespaces", () => {
  it("have an issue each, whatever the order of the names", async () => {
    const { issues, made } = rememberingTracker();
    expect(await sync(issues, checked(PODS), [], ["shop", "team-*"])).toBe(1);
    expect(await sync(issues, checked(PODS), [], ["payments"])).toBe(2);
    expect(await sync(issues, checked(PODS))).toBe(3);
    expect(await sync(issues, checked({ ...PODS, result: "pass" }), [], ["team-*", "shop"])).toBe(1);
    expect(made.map(({ isOpen }) => isOpen)).toEqual([false, true, true]);
  });
});

describe("several issues about one cluster", () => {
  it("become one, the lowest number, as soon as a run can tell", async () => {
    const { issues, made } = rememberingTracker();
    await sync(issues, checked(SWITCH));
    made.push({ ...made[0]!, number: 2, comments: [] }, { ...made[0]!, number: 3, comments: [] });
    await sync(issues, failedReport({ mode: "check" }));
    expect(made.map(({ isOpen }) => isOpen), "a run that could not check closes nothing").toEqual([true, true, true]);
    expect(await sync(issues, checked(SWITCH))).toBe(1);
    expect(made.map(({ isOpen, reason }) => `${String(isOpen)} ${reason}`)).toEqual(["true ", "false duplicate", "false duplicate"]);
  });

  it("are not reopened where they were closed as duplicates", async () => {
    const { issues, made } = rememberingTracker();
    await sync(issues, checked(SWITCH));
    Object.assign(made[0]!, { isOpen: false, reason: "duplicate" });
    made.push({ ...made[0]!, number: 2, reason: "completed", comments: [] });
    expect(await sync(issues, checked(SWITCH))).toBe(2);
    expect(made.map(({ isOpen }) => isOpen)).toEqual([false, true]);
  });

  it("of other clusters and other authors are none of its business", async () => {
    const { issues, made } = rememberingTracker();
    await sync(issues, checked(SWITCH));
    const { body } = made[0]!;
    Object.assign(made[0]!, { author: "mallory" });
    made.push({ ...made[0]!, number: 2, author: ME, body: body.replace(/cluster=\w/, "cluster=z"), comments: [] });
    expect(await sync(issues, checked(SWITCH))).toBe(3);
  });
});

describe("what is missing", () => {
  const workflow = { apiUrl: "https://api.github.com", repository: { owner: "contoso", repo: "platform" }, run: RUN };
  const input = { report: driftedReport(), unverifiable: new Set<CheckId>(), unobserved: new Set<CheckId>(), namespaces: [] };
  const budget = { ...context, endsAt: context.deadlineAt };

  it.each([
    ["a token", workflow, input, "", "github-token"],
    ["a repository", new GitHubError("there is no repository", "GITHUB_REPOSITORY names it in a workflow."), input, "t", "GITHUB_REPOSITORY"],
    ["the cluster", workflow, { ...input, report: driftedReport({ cluster: { ...report().cluster, id: "" } }) }, "t", "subscription-id"],
    ["https", { ...workflow, apiUrl: "http://api.github.com" }, input, "t", "GITHUB_API_URL"],
  ])("is told: %s", async (_, where, what, token, words) => {
    const { number, problem } = await updateDriftIssue(what, token, budget, () => (where instanceof Error ? Promise.reject(where) : Promise.resolve(where)));
    expect(number).toBeUndefined();
    expect(problem).toContain(words);
    expect(problem).toContain("The run's own verdict stands.");
  });

  it("is nothing for a plan, which keeps no issue", async () => {
    expect(await updateDriftIssue({ ...input, report: driftedReport({ mode: "plan" }) }, "", budget)).toEqual({});
  });

  it("is told without advice where there is none", async () => {
    const { problem } = await updateDriftIssue(input, "t", budget, () => Promise.reject(new Error("no event file")));
    expect(problem).toBe("The drift issue could not be kept: no event file. The run's own verdict stands.");
  });
});
