/** The life of one drift issue: what each run writes, says in the log, and does where another run was at work. */
import { describe, expect, it } from "vitest";
import type { Check, CheckId, Report } from "../../../src/contract.ts";
import { DRIFT_LABEL, readMarker, UNVERIFIED_LABEL, withMarker } from "../../../src/github/drift-issue/marker.ts";
import { syncDriftIssue } from "../../../src/github/drift-issue/sync.ts";
import type { IssueTracker } from "../../../src/github/drift-issue/tracker.ts";
import { simulatedContext } from "../../simulated-context.ts";
import { check, failedReport, report } from "../../report/samples.ts";
import { ME, type Remembered, rememberingTracker } from "./remembering-tracker.ts";

const SWITCH = { id: "cni-chaining-enabled", result: "fail", message: "off" } as const;
const PODS = { id: "pods-redirected", result: "fail", message: "2 pods" } as const;
const passed = (finding: Partial<Check>): Partial<Check> => ({ ...finding, result: "pass", message: "fine" });

/** A report of these checks, whose status a drift check would give it. */
function checked(...checks: Partial<Check>[]): Report {
  const all = checks.map((overrides) => check(overrides));
  return report({ mode: "check", status: all.some(({ result }) => result === "fail") ? "drifted" : "compliant", checks: all });
}

interface Given {
  readonly unverifiable?: readonly CheckId[];
  readonly unobserved?: readonly CheckId[];
  readonly namespaces?: readonly string[];
}

/** @returns the log, and the numbers that the run told */
async function run(issues: IssueTracker, told: Report, { unverifiable = [], unobserved = unverifiable, namespaces = [] }: Given = {}): Promise<{ readonly log: readonly string[]; readonly numbers: readonly number[] }> {
  const { context, lines } = simulatedContext();
  const numbers: number[] = [];
  const input = { report: told, unverifiable: new Set(unverifiable), unobserved: new Set(unobserved), namespaces, run: { url: "", id: "" } };
  await syncDriftIssue(input, issues, context.log, (number) => numbers.push(number));
  return { log: lines, numbers };
}

const marker = ({ body }: Remembered) => readMarker(body)!;

describe("the life of an issue", () => {
  it("is told in the log, and counted in the marker", async () => {
    const { issues, made } = rememberingTracker();
    const life: unknown[] = [];
    const after = async (told: Report, given?: Given): Promise<void> => {
      const { log, numbers } = await run(issues, told, given);
      const [issue] = made;
      life.push([...log, ...numbers.map(String), issue!.isOpen ? "open" : "closed", `revision ${String(marker(issue!).revision)}`, `${String(issue!.comments.length)} comments`, issue!.labels.join()]);
    };
    await after(checked(SWITCH, PODS));
    await after(checked(SWITCH, PODS));
    await after(checked(passed(SWITCH), PODS));
    await after(checked(passed(SWITCH), { ...PODS, message: "other pods" }));
    await after(checked(SWITCH, { ...PODS, message: "other pods" }));
    await after(failedReport({ mode: "check" }));
    await after(checked(passed(SWITCH), { ...PODS, result: "warn" }));
    await after(checked(passed(SWITCH), passed(PODS)));
    await after(checked(PODS));
    expect([DRIFT_LABEL, UNVERIFIED_LABEL], "the labels that people search for").toEqual(["istio-cni-drift", "istio-cni-unverified"]);
    const both = `${DRIFT_LABEL},${UNVERIFIED_LABEL}`;
    expect(life).toEqual([
      ["drift issue #1 made", "1", "open", "revision 1", "0 comments", DRIFT_LABEL],
      ["drift issue #1: the findings are the same", "1", "open", "revision 1", "0 comments", DRIFT_LABEL],
      ["drift issue #1: the findings have changed", "1", "open", "revision 2", "1 comments", DRIFT_LABEL],
      ["drift issue #1: the findings have changed", "1", "open", "revision 3", "2 comments", DRIFT_LABEL],
      ["drift issue #1: the findings have changed", "1", "open", "revision 4", "3 comments", DRIFT_LABEL],
      ["drift issue #1 stays as it is: this run could not check everything", "1", "open", "revision 4", "3 comments", both],
      ["drift issue #1 stays open: pods-redirected did not pass yet", "1", "open", "revision 4", "3 comments", DRIFT_LABEL],
      ["drift issue #1 closed", "1", "closed", "revision 5", "4 comments", DRIFT_LABEL],
      ["drift issue #1 reopened", "1", "open", "revision 6", "5 comments", DRIFT_LABEL],
    ]);
  });

  it("keeps title and body up to date, also where it is reopened", async () => {
    const { issues, made } = rememberingTracker();
    const issue = (): Remembered => made[0]!;
    await run(issues, checked(SWITCH), { namespaces: ["shop"] });
    expect(issue()).toMatchObject({ title: "Istio CNI drift: demo-aks in demo, namespaces shop", body: expect.stringContaining("| off |") as string });
    Object.assign(issue(), { title: "changed by hand" });
    await run(issues, checked({ ...SWITCH, message: "still off" }), { namespaces: ["shop"] });
    expect(issue()).toMatchObject({ title: "Istio CNI drift: demo-aks in demo, namespaces shop", body: expect.stringContaining("| still off |") as string });
    await run(issues, checked(passed(SWITCH)), { namespaces: ["shop"] });
    expect(issue().body).toContain("| still off |");
    Object.assign(issue(), { title: "changed by hand" });
    await run(issues, checked({ ...SWITCH, message: "off again" }), { namespaces: ["shop"] });
    expect(issue()).toMatchObject({ title: "Istio CNI drift: demo-aks in demo, namespaces shop", body: expect.stringContaining("| off again |") as string });
    expect(issue().comments.at(-1)).toContain("off again");
  });

  it.each<[string, Given, string]>([
    ["is known", {}, DRIFT_LABEL],
    ["is known, but for a check that another one stands for", { unobserved: ["admission-probe"] }, DRIFT_LABEL],
    ["is not known whole", { unverifiable: ["admission-probe"] }, `${DRIFT_LABEL},${UNVERIFIED_LABEL}`],
  ])("has the labels of a drift that %s, from each run", async (_, given, labels) => {
    const { issues, made } = rememberingTracker();
    const labelsNow = (): string => made[0]!.labels.join();
    await run(issues, checked(SWITCH), given);
    expect(labelsNow(), "made").toBe(labels);
    await run(issues, checked(SWITCH));
    expect(labelsNow(), "all looked at").toBe(DRIFT_LABEL);
    await run(issues, checked(SWITCH), given);
    expect(labelsNow(), "updated").toBe(labels);
    await run(issues, checked(passed(SWITCH)));
    await run(issues, checked(SWITCH), given);
    expect(labelsNow(), "reopened").toBe(labels);
  });

  it("keeps a finding that a later run did not look at, and says so", async () => {
    const { issues, made } = rememberingTracker();
    await run(issues, checked(SWITCH, PODS));
    await run(issues, checked(SWITCH, { ...PODS, result: "skip", message: "No access." }), { unobserved: ["pods-redirected"] });
    expect(made[0]).toMatchObject({ labels: [DRIFT_LABEL, UNVERIFIED_LABEL], comments: [], body: expect.stringMatching(/not looked into this time\n\n- `pods-redirected`: No access/) as string });
    expect([...marker(made[0]!).findings.keys()].sort()).toEqual(["cni-chaining-enabled", "pods-redirected"]);
    const withPods = await run(issues, checked(SWITCH, PODS), { unobserved: ["pods-redirected"] });
    expect(withPods.log).toEqual(["drift issue #1: the findings are the same"]);
    expect(made[0]!.body, "a finding that was looked at in part").not.toContain("not looked into");
  });

  it.each(["compliant", "changed", "unverified"] as const)("ends with an apply that is %s, where what it lists passes", async (status) => {
    const { issues, made } = rememberingTracker();
    await run(issues, checked(SWITCH));
    await run(issues, report({ mode: "apply", status, checks: [check(passed(SWITCH))] }));
    expect(made[0]).toMatchObject({ isOpen: false, reason: "completed", comments: [expect.stringContaining(status === "changed" ? "put right" : "no longer exists")] });
  });
});

describe("a run beside another", () => {
  it("tells the same change only once", async () => {
    const { issues, made } = rememberingTracker();
    await run(issues, checked(SWITCH));
    const before = made[0]!.body;
    for (const told of [checked(SWITCH, PODS), checked(passed(SWITCH))]) {
      Object.assign(made[0]!, { body: before, isOpen: true });
      await run(issues, told);
      Object.assign(made[0]!, { body: before, isOpen: true });
      await run(issues, told);
    }
    expect(made[0]!.comments).toHaveLength(2);
  });

  it("tells a change that happens again", async () => {
    const { issues, made } = rememberingTracker();
    const [less, more] = [checked(SWITCH, passed(PODS)), checked(SWITCH, PODS)];
    for (const told of [less, more, less, more]) await run(issues, told);
    expect(made[0]!.comments).toHaveLength(3);
  });

  it("that made an issue a little earlier gives up its own", async () => {
    const { issues, made } = rememberingTracker();
    const overlapping: IssueTracker = {
      ...issues,
      async create(issue) {
        await issues.create(issue);
        return issues.create(issue);
      },
    };
    const { log, numbers } = await run(overlapping, checked(SWITCH));
    expect(made.map(({ isOpen, reason }) => `${String(isOpen)} ${reason}`)).toEqual(["true ", "false duplicate"]);
    expect(made[1]?.comments).toEqual([expect.stringMatching(/^Duplicate of #1:/)]);
    expect(made.map((issue) => marker(issue).isDuplicate)).toEqual([false, true]);
    expect({ log, numbers }).toEqual({ log: ["drift issue #2 made", "drift issue #2 closed: #1 is older"], numbers: [2, 1] });
  });

  it("keeps the lowest number, in whatever order GitHub lists them", async () => {
    const { issues, made } = rememberingTracker();
    await run(issues, checked(SWITCH));
    made.push({ ...made[0]!, number: 2, comments: [] });
    const { numbers } = await run({ ...issues, list: async (...query) => [...(await issues.list(...query))].reverse() }, checked(SWITCH));
    expect({ numbers, open: made.filter(({ isOpen }) => isOpen).map(({ number }) => number) }).toEqual({ numbers: [1], open: [1] });
  });

  it("closes an issue that its token may not label, and says which right is missing", async () => {
    const { issues, made } = rememberingTracker();
    const unlabelled: IssueTracker = { ...issues, create: (issue) => issues.create({ ...issue, labels: [] }) };
    await expect(run(unlabelled, checked(SWITCH))).rejects.toMatchObject({ message: "issue #1 was made without its label, and closed again", remedy: expect.stringContaining("write issues") as string });
    expect(made[0]).toMatchObject({ isOpen: false, reason: "not_planned" });
  });
});

describe("an issue that a run finds", () => {
  it("has the author of its token, in any case of letters", async () => {
    const { issues, made } = rememberingTracker();
    await run(issues, checked(SWITCH));
    Object.assign(made[0]!, { author: ME.toUpperCase() });
    await run(issues, checked(SWITCH));
    expect(made).toHaveLength(1);
  });

  it("is no duplicate by its marker, where GitHub does not know that reason", async () => {
    const { issues, made } = rememberingTracker();
    await run(issues, checked(SWITCH));
    const [issue] = made;
    Object.assign(issue!, { isOpen: false, reason: "not_planned", body: withMarker(issue!.body, { ...marker(issue!), isDuplicate: true }) });
    const { log } = await run(issues, checked(SWITCH));
    expect(log).toEqual(["drift issue #2 made"]);
  });

  it("that somebody closed as not planned is named, with what brings it back", async () => {
    const { issues, made } = rememberingTracker();
    await run(issues, checked(SWITCH));
    Object.assign(made[0]!, { isOpen: false, reason: "not_planned" });
    const { log, numbers } = await run(issues, checked(SWITCH));
    expect({ log, numbers }).toEqual({ log: [expect.stringMatching(/^drift issue #1 stays closed: .* take its label istio-cni-drift off/)], numbers: [1] });
  });

  it("is none where no drift was found before", async () => {
    const { issues, calls } = rememberingTracker();
    expect(await run(issues, failedReport({ mode: "check" }))).toEqual({ log: [], numbers: [] });
    expect(await run(issues, checked(passed(SWITCH)))).toEqual({ log: [], numbers: [] });
    expect(calls).toEqual(["list open", "list open"]);
  });
});
