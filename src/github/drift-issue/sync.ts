/**
 * Keeps one GitHub issue per cluster open while the cluster drifts (`drift-issue: true`).
 *
 * Only mode check creates, updates and reopens the issue. A successful run of check, apply or disable closes it; plan does not touch
 * it. A run that could not check everything adds {@link UNVERIFIED_LABEL} to an open issue and closes nothing. A failure here does
 * not change the run's verdict.
 */
import type { Check, CheckId, Report } from "../../contract.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Log } from "../../lib/log.ts";
import { plain } from "../../report/escape.ts";
import { loadWorkflow, type RunReference, type Workflow } from "../context.ts";
import { GitHubError } from "../github-error.ts";
import { mask } from "../log.ts";
import { createOctokit } from "../octokit.ts";
import type { RetryBudget } from "../pipeline-fetch.ts";
import { clusterKey, DRIFT_LABEL, fingerprintOf, hash, type Marker, readMarker, renderMarker, UNVERIFIED_LABEL } from "./marker.ts";
import { changedComment, closedComment, duplicateComment, type FindingsChange, issueBody, issueTitle, reopenedComment } from "./text.ts";
import { type Issue, issuesOn, type IssueTracker } from "./tracker.ts";

/** The findings of a run, for the drift issue. */
export interface DriftFindings {
  readonly report: Report;
  /** Checks whose result the run could not determine. */
  readonly unverifiable: ReadonlySet<CheckId>;
}

/** The findings, and the run to link to. */
export interface DriftIssueInput extends DriftFindings {
  readonly run: RunReference;
}

/** The result of {@link updateDriftIssue}. */
export interface DriftIssueOutcome {
  /** The issue that is open now, or was closed by this run. */
  readonly number?: number | undefined;
  /** Why the issue could not be brought up to date; sentences for a warning. */
  readonly problem?: string;
}

/**
 * Brings the issue in line with the findings, in the repository of the workflow. Never rejects.
 *
 * @param token of the input github-token
 */
export async function updateDriftIssue(findings: DriftFindings, token: string, budget: RetryBudget, workflow: () => Promise<Workflow> = loadWorkflow): Promise<DriftIssueOutcome> {
  if (verdictOf(findings) === "irrelevant") return {};
  try {
    if (token === "") throw new GitHubError("there is no token", "drift-issue needs the input github-token.");
    mask(token);
    if (findings.report.cluster.id === "") throw new GitHubError("the cluster's resource ID is not known", "Set subscription-id, or cluster to the resource ID.");
    const { apiUrl, repository, run } = await workflow();
    const octokit = await createOctokit(apiUrl, token, budget);
    return { number: await syncDriftIssue({ ...findings, run }, issuesOn(octokit, repository), budget.log) };
  } catch (error) {
    const remedy = error instanceof GitHubError ? ` ${error.remedy}` : "";
    return { problem: plain(`The drift issue could not be kept: ${messageOf(error)}.${remedy} The run's own verdict stands.`) };
  }
}

/** What the findings mean for the issue. */
type Verdict = "drifted" | "clean" | "could-not-check" | "irrelevant";

function verdictOf({ report: { mode, status }, unverifiable }: DriftFindings): Verdict {
  if (mode === "plan") return "irrelevant";
  switch (status) {
    case "drifted":
      return "drifted";
    case "compliant":
    case "changed":
      return unverifiable.size === 0 ? "clean" : "could-not-check";
    case "unverified":
      return "could-not-check";
    case "failed":
      // A failed apply or disable reports itself. The next check finds out the cluster's state.
      return mode === "check" ? "could-not-check" : "irrelevant";
  }
}

/**
 * Does the work of {@link updateDriftIssue}, and rejects if it fails.
 *
 * @returns the issue that is open now, or was closed by this run
 */
export async function syncDriftIssue(input: DriftIssueInput, tracker: IssueTracker, log: Log): Promise<number | undefined> {
  const verdict = verdictOf(input);
  if (verdict === "irrelevant") return undefined;
  const cluster = clusterKey(input.report.cluster.id);
  const identity = await tracker.identity();
  const findOwn = async (state: "open" | "closed"): Promise<readonly Found[]> => {
    const issues = await tracker.list(state, DRIFT_LABEL, identity);
    // The list is filtered by author. A marker in an issue of any other author is not trusted.
    const own = issues.flatMap((issue) => {
      const marker = issue.author.toLowerCase() === identity.toLowerCase() ? readMarker(issue.body) : undefined;
      return marker?.cluster === cluster ? [{ issue, marker }] : [];
    });
    return own.sort((one, other) => one.issue.number - other.issue.number);
  };
  const context: SyncContext = { input, tracker, log, cluster, findOwn };
  const [found, ...duplicates] = await findOwn("open");
  if (verdict === "could-not-check") {
    if (found === undefined) return undefined;
    log.info(`drift issue #${String(found.issue.number)} stays as it is: this run could not check everything`);
    await setUnverified(context, found.issue, true);
    return found.issue.number;
  }
  for (const { issue } of duplicates) if (found !== undefined) await closeDuplicate(context, issue.number, found.issue.number);
  if (verdict === "clean") return found === undefined ? undefined : close(context, found);
  if (found !== undefined) return update(context, found);
  const former = (await findOwn("closed")).find(({ issue }) => issue.reason !== "duplicate");
  return former === undefined ? create(context) : reopen(context, former.issue);
}

interface Found {
  readonly issue: Issue;
  readonly marker: Marker;
}

interface SyncContext {
  readonly input: DriftIssueInput;
  readonly tracker: IssueTracker;
  readonly log: Log;
  /** {@link clusterKey} of the cluster. */
  readonly cluster: string;
  /** The cluster's issues that this token created, lowest number first. */
  readonly findOwn: (state: "open" | "closed") => Promise<readonly Found[]>;
}

/** The issue's title and body. `unchecked`: findings of the former body that this run could not check. */
function compose({ input: { report, run }, cluster }: SyncContext, before?: Marker): { readonly title: string; readonly body: string; readonly marker: Marker; readonly unchecked: readonly CheckId[] } {
  const failing = report.checks.filter(({ result }) => result === "fail");
  // A former finding that was not checked this time may still hold.
  const unchecked = [...(before?.findings ?? [])].filter(([id]) => isUnchecked(report.checks, id));
  const findings = new Map<CheckId, string>([...failing.map((check) => [check.id, fingerprintOf(check)] as const), ...unchecked]);
  const text = hash(JSON.stringify([failing, unchecked]), 16);
  const marker: Marker = { cluster, findings, text };
  const ids = unchecked.map(([id]) => id);
  return { title: issueTitle(report), body: issueBody(renderMarker(marker), report, ids, run), marker, unchecked: ids };
}

function isUnchecked(checks: readonly Check[], id: CheckId): boolean {
  const result = checks.find((check) => check.id === id)?.result;
  return result === undefined || result === "skip";
}

async function create(context: SyncContext): Promise<number> {
  const { input, tracker, log, findOwn } = context;
  const { title, body } = compose(context);
  const labels = input.unverifiable.size > 0 ? [DRIFT_LABEL, UNVERIFIED_LABEL] : [DRIFT_LABEL];
  const made = await tracker.create({ title, body, labels });
  if (!made.labels.includes(DRIFT_LABEL)) {
    // GitHub silently drops labels that the token may not set. The next run would not find the issue again.
    await tracker.update(made.number, { state: "closed", reason: "not_planned" });
    throw new GitHubError(`issue #${String(made.number)} was made without its label, and closed again`, "github-token needs the right to write issues, labels included.");
  }
  log.info(`drift issue #${String(made.number)} made`);
  const [oldest] = await findOwn("open");
  // A concurrent run may have created an issue as well. Both runs see the same numbers and keep the lowest.
  if (oldest === undefined || oldest.issue.number >= made.number) return made.number;
  await closeDuplicate(context, made.number, oldest.issue.number);
  return oldest.issue.number;
}

async function update(context: SyncContext, { issue, marker: before }: Found): Promise<number> {
  const { input, tracker, log } = context;
  const { title, body, marker, unchecked } = compose(context, before);
  const change = changeBetween(before, marker);
  const hasChanges = change.added.length + change.changed.length + change.gone.length > 0;
  if (hasChanges || marker.text !== before.text) await tracker.update(issue.number, { title, body });
  if (hasChanges) await tracker.comment(issue.number, changedComment(input.report, change, input.run));
  await setUnverified(context, issue, input.unverifiable.size > 0 || unchecked.length > 0);
  log.info(`drift issue #${String(issue.number)}: ${hasChanges ? "the findings have changed" : "the findings are the same"}`);
  return issue.number;
}

function changeBetween({ findings: before }: Marker, { findings: now }: Marker): FindingsChange {
  const ids = [...now.keys()];
  return {
    added: ids.filter((id) => !before.has(id)),
    changed: ids.filter((id) => before.has(id) && before.get(id) !== now.get(id)),
    gone: [...before.keys()].filter((id) => !now.has(id)),
  };
}

async function reopen(context: SyncContext, issue: Issue): Promise<number> {
  const { input, tracker, log } = context;
  const { title, body } = compose(context);
  await tracker.update(issue.number, { title, body, state: "open" });
  await tracker.comment(issue.number, reopenedComment(input.report, input.run));
  await setUnverified(context, issue, input.unverifiable.size > 0);
  log.info(`drift issue #${String(issue.number)} reopened`);
  return issue.number;
}

/** Closes an issue, unless one of its findings was not checked again or does not pass. */
async function close(context: SyncContext, { issue, marker }: Found): Promise<number> {
  const { input, tracker, log } = context;
  const { checks } = input.report;
  const open = [...marker.findings.keys()].filter((id) => checks.find((check) => check.id === id)?.result !== "pass");
  await setUnverified(context, issue, open.some((id) => isUnchecked(checks, id)));
  if (open.length > 0) {
    log.info(`drift issue #${String(issue.number)} stays open: ${open.join(", ")} did not pass yet`);
    return issue.number;
  }
  await tracker.comment(issue.number, closedComment(input.report, input.run));
  await tracker.update(issue.number, { state: "closed", reason: "completed" });
  log.info(`drift issue #${String(issue.number)} closed`);
  return issue.number;
}

async function closeDuplicate({ input, tracker, log }: SyncContext, number: number, original: number): Promise<void> {
  await tracker.comment(number, duplicateComment(original, input.run));
  await tracker.update(number, { state: "closed", reason: "duplicate" });
  log.info(`drift issue #${String(number)} closed: #${String(original)} is older`);
}

async function setUnverified({ tracker }: SyncContext, { number, labels }: Issue, wanted: boolean): Promise<void> {
  const has = labels.includes(UNVERIFIED_LABEL);
  if (wanted && !has) await tracker.addLabel(number, UNVERIFIED_LABEL);
  if (!wanted && has) await tracker.removeLabel(number, UNVERIFIED_LABEL);
}
