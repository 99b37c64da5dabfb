/** What a run does to the issue, against a tracker that remembers. */
import { describe, expect, it } from "vitest";
import type { Check, CheckId, Report } from "../../../src/contract.ts";
import { syncDriftIssue, updateDriftIssue } from "../../../src/github/drift-issue/sync.ts";
import { DRIFT_LABEL, UNVERIFIED_LABEL } from "../../../src/github/drift-issue/marker.ts";
import { GitHubError } from "../../../src/github/github-error.ts";
import type { Issue, IssueTracker } from "../../../src/github/drift-issue/tracker.ts";
import { simulatedContext } from "../../simulated-context.ts";
import { check, driftedReport, failedReport, report } from "../../report/samples.ts";

const ME = "github-actions[bot]";
const RUN = { url: "", id: "" };

interface Remembered extends Issue {
  isOpen: boolean;
  readonly comments: string[];
}

/** `made` may be tampered with between runs; `calls` names what was asked for. */
function tracker(): { readonly issues: IssueTracker; readonly made: Remembered[]; readonly calls: string[] } {
  const made: Remembered[] = [];
  const calls: string[] = [];
  const change = (number: number, what: Partial<Remembered>): void => void Object.assign(made[number - 1]!, what);
  const at = (number: number): Remembered => made[number - 1]!;
  const issues: IssueTracker = {
    identity: () => Promise.resolve(ME),
    list: (state) => {
      calls.push(`list ${state}`);
      return Promise.resolve(made.filter(({ isOpen }) => isOpen === (state === "open")));
    },
    create: ({ body, labels }) => {
      calls.push("create");
      made.push({ number: made.length + 1, isOpen: true, reason: "", author: ME, body, labels: [...labels], comments: [] });
      return Promise.resolve(made.at(-1)!);
    },
    update: (number, { state, reason, body }) => {
      calls.push(`update ${String(number)}${state === undefined ? "" : ` ${state}`}`);
      change(number, { ...(state === undefined ? {} : { isOpen: state === "open", reason: reason ?? "" }), ...(body === undefined ? {} : { body }) });
      return Promise.resolve();
    },
    comment: (number, body) => {
      calls.push(`comment ${String(number)}`);
      at(number).comments.push(body);
      return Promise.resolve();
    },
    addLabel: (number, label) => {
      calls.push(`label ${String(number)}`);
      change(number, { labels: [...at(number).labels, label] });
      return Promise.resolve();
    },
    removeLabel: (number, label) => {
      calls.push(`unlabel ${String(number)}`);
      change(number, { labels: at(number).labels.filter((name) => name !== label) });
      return Promise.resolve();
    },
  };
  return { issues, made, calls };
}

const { context } = simulatedContext();

function sync(issues: IssueTracker, told: Report, unverifiable: readonly CheckId[] = []): Promise<number | undefined> {
  return syncDriftIssue({ report: told, unverifiable: new Set(unverifiable), run: RUN }, issues, context.log);
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
    const { issues, made, calls } = tracker();
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
    const { issues, made } = tracker();
    await sync(issues, checked(SWITCH, PODS));
    await sync(issues, checked({ ...SWITCH, result: "pass", message: "on" }, { ...PODS, message: "other pods" }, { id: "mesh-enabled", result: "fail", message: "no" }));
    expect(made[0]?.comments).toEqual([expect.stringMatching(/found\*\* `mesh-enabled`[^]*changed\*\* `pods-redirected`[^]*gone\*\* `cni-chaining-enabled`: on/)]);
  });

  it.each([
    ["warns now", { ...PODS, result: "warn" }, [DRIFT_LABEL]],
    ["does not apply now", { ...PODS, result: "skip" }, [DRIFT_LABEL, UNVERIFIED_LABEL]],
  ] as const)("stays open while something that it tells %s", async (_, now, labels) => {
    const { issues, made } = tracker();
    await sync(issues, checked(PODS));
    expect(await sync(issues, checked(now))).toBe(1);
    expect(made[0]).toMatchObject({ isOpen: true, comments: [], labels });
    expect(await sync(issues, checked({ ...PODS, result: "pass" }, { id: "workloads-current", result: "warn" }, { id: "admission-probe", result: "skip" }))).toBe(1);
    expect(made[0]).toMatchObject({ isOpen: false, reason: "completed", labels: [DRIFT_LABEL] });
  });

  it("is closed by no run that could not check everything, whatever its status says", async () => {
    const { issues, made } = tracker();
    await sync(issues, checked(SWITCH));
    const fine = { ...SWITCH, result: "pass" } as const;
    await sync(issues, checked(fine, { id: "pods-redirected", result: "skip" }), ["pods-redirected"]);
    await sync(issues, report({ mode: "apply", status: "unverified" }));
    await sync(issues, failedReport({ mode: "check" }));
    expect(made[0]).toMatchObject({ isOpen: true, comments: [], labels: [DRIFT_LABEL, UNVERIFIED_LABEL] });
  });

  it.each([
    ["an apply that failed", failedReport()],
    ["a disable that failed", failedReport({ mode: "disable" })],
    ["a plan, whatever it finds", driftedReport({ mode: "plan" })],
    ["a plan without anything to do", report({ mode: "plan" })],
  ])("is not touched by %s", async (_, told) => {
    const { issues, calls } = tracker();
    expect(await sync(issues, told)).toBeUndefined();
    expect(calls).toEqual([]);
  });
});

describe("several issues about one cluster", () => {
  it("become one, the lowest number, as soon as a run can tell", async () => {
    const { issues, made } = tracker();
    await sync(issues, checked(SWITCH));
    made.push({ ...made[0]!, number: 2, comments: [] }, { ...made[0]!, number: 3, comments: [] });
    await sync(issues, failedReport({ mode: "check" }));
    expect(made.map(({ isOpen }) => isOpen), "a run that could not check closes nothing").toEqual([true, true, true]);
    expect(await sync(issues, checked(SWITCH))).toBe(1);
    expect(made.map(({ isOpen, reason }) => `${String(isOpen)} ${reason}`)).toEqual(["true ", "false duplicate", "false duplicate"]);
  });

  it("are not reopened where they were closed as duplicates", async () => {
    const { issues, made } = tracker();
    await sync(issues, checked(SWITCH));
    Object.assign(made[0]!, { isOpen: false, reason: "duplicate" });
    made.push({ ...made[0]!, number: 2, reason: "completed", comments: [] });
    expect(await sync(issues, checked(SWITCH))).toBe(2);
    expect(made.map(({ isOpen }) => isOpen)).toEqual([false, true]);
  });

  it("of other clusters and other authors are none of its business", async () => {
    const { issues, made } = tracker();
    await sync(issues, checked(SWITCH));
    const { body } = made[0]!;
    Object.assign(made[0]!, { author: "mallory" });
    made.push({ ...made[0]!, number: 2, author: ME, body: body.replace(/cluster=\w/, "cluster=z"), comments: [] });
    expect(await sync(issues, checked(SWITCH))).toBe(3);
  });
});

describe("what is missing", () => {
  const workflow = { apiUrl: "https://api.github.com", repository: { owner: "contoso", repo: "platform" }, run: RUN };
  const input = { report: driftedReport(), unverifiable: new Set<CheckId>() };
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
});
