/**
 * Keeps one GitHub issue per cluster, and per choice of namespaces, open while the cluster drifts (`drift-issue: true`).
 *
 * Only mode check creates, updates and reopens the issue. A run of check or apply closes it once everything it lists is mended or no
 * longer exists; disable, which asks for the opposite, does not, and plan does not look at it. A run that could not look at a finding
 * adds {@link UNVERIFIED_LABEL}. An issue that somebody closed as not planned stays closed until somebody reopens it. A failure here
 * does not change the run's verdict.
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
import { clusterKey, DRIFT_LABEL, fingerprintOf, hash, type Marker, readMarker, renderMarker, UNVERIFIED_LABEL, withMarker } from "./marker.ts";
import { type CommentContext, postOnce } from "./news.ts";
import { changedComment, closedComment, duplicateComment, type FindingsChange, issueBody, issueTitle, reopenedComment } from "./text.ts";
import { type Issue, issuesOn, type IssueTracker } from "./tracker.ts";

/** The findings of a run, for the drift issue. */
export interface DriftFindings {
  readonly report: Report;
  /** Checks whose result the run could not determine. */
  readonly unverifiable: ReadonlySet<CheckId>;
  /** These, and the checks that the run did not look at, or not completely. Other skipped checks do not apply. */
  readonly unobserved: ReadonlySet<CheckId>;
  /** The input; empty for all. */
  readonly namespaces: readonly string[];
}

/** The findings, and the run to link to. */
export interface DriftIssueInput extends DriftFindings {
  readonly run: RunReference;
}

/** The result of {@link updateDriftIssue}. */
export interface DriftIssueOutcome {
  /** The issue that is open now, was closed by this run, or stays closed as not planned; known or not, also if there is a problem. */
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
  if (verdictOf(findings.report) === "irrelevant") return {};
  let number: number | undefined;
  try {
    if (token === "") throw new GitHubError("there is no token", "drift-issue needs the input github-token.");
    mask(token);
    if (findings.report.cluster.id === "") throw new GitHubError("the cluster's resource ID is not known", "Set subscription-id, or cluster to the resource ID.");
    const { apiUrl, repository, run } = await workflow();
    const octokit = await createOctokit(apiUrl, token, budget);
    await syncDriftIssue({ ...findings, run }, issuesOn(octokit, repository), budget.log, (known) => (number = known));
    return { number };
  } catch (error) {
    const remedy = error instanceof GitHubError ? ` ${error.remedy}` : "";
    return { number, problem: plain(`The drift issue could not be kept: ${messageOf(error)}.${remedy} The run's own verdict stands.`) };
  }
}

/** What a run means for the issue: it found drift, or found none and may close it, or could not check, or only looks the issue up. */
type Verdict = "drifted" | "not-drifted" | "could-not-check" | "look-up" | "irrelevant";

function verdictOf({ mode, status }: Report): Verdict {
  if (mode === "plan") return "irrelevant";
  // Its checks ask for the opposite: what they pass is what the issue lists.
  if (mode === "disable") return "look-up";
  switch (status) {
    case "drifted":
      return "drifted";
    case "compliant":
    case "changed":
    case "unverified":
      return "not-drifted";
    case "failed":
      // A failed apply reports itself. The next check finds out the cluster's state.
      return mode === "check" ? "could-not-check" : "look-up";
  }
}

/**
 * Does the work of {@link updateDriftIssue}, and rejects if it fails.
 *
 * @param onKnown is called with the issue's number as soon as it is known
 */
export async function syncDriftIssue(input: DriftIssueInput, tracker: IssueTracker, log: Log, onKnown: (number: number) => void): Promise<void> {
  const verdict = verdictOf(input.report);
  if (verdict === "irrelevant") return;
  const cluster = clusterKey(input.report.cluster.id, input.namespaces);
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
  const context: SyncContext = { input, tracker, log, identity, cluster, findOwn, onKnown };
  const [found, ...duplicates] = await findOwn("open");
  if (found !== undefined) onKnown(found.issue.number);
  if (verdict === "look-up") return;
  if (verdict === "could-not-check") {
    if (found === undefined) return;
    log.info(`drift issue #${String(found.issue.number)} stays as it is: this run could not check everything`);
    await setUnverified(context, found.issue, true);
    return;
  }
  if (found !== undefined) {
    for (const duplicate of duplicates) await closeDuplicate(context, duplicate, found.issue.number);
    await (verdict === "drifted" ? update(context, found) : close(context, found));
  } else if (verdict === "drifted") {
    const former = (await findOwn("closed")).find(({ issue, marker }) => issue.reason !== "duplicate" && !marker.isDuplicate);
    await (former === undefined ? create(context) : reopen(context, former));
  }
}

interface Found {
  readonly issue: Issue;
  readonly marker: Marker;
}

interface SyncContext extends CommentContext {
  readonly input: DriftIssueInput;
  /** {@link clusterKey} of the cluster. */
  readonly cluster: string;
  /** The cluster's issues that this token created, lowest number first. */
  readonly findOwn: (state: "open" | "closed") => Promise<readonly Found[]>;
  readonly onKnown: (number: number) => void;
}

/** The issue's title and body. `unchecked`: findings of the former body that this run could not check. */
function compose({ input, cluster }: SyncContext, before?: Marker): { readonly title: string; readonly body: string; readonly marker: Marker; readonly unchecked: readonly CheckId[]; readonly change: FindingsChange } {
  const { report, run, namespaces } = input;
  const failing = report.checks.filter(({ result }) => result === "fail");
  // A former finding that was not checked this time may still hold.
  const unchecked = [...(before?.findings ?? [])].filter(([id]) => isUnchecked(input, id));
  const findings = new Map<CheckId, string>([...unchecked, ...failing.map((check) => [check.id, fingerprintOf(check)] as const)]);
  const text = hash(JSON.stringify([failing, unchecked]), 16);
  const change = changeBetween(before?.findings ?? new Map(), findings);
  const hasChanges = change.added.length + change.changed.length + change.gone.length > 0;
  const marker: Marker = { cluster, findings, text, revision: (before?.revision ?? 0) + (hasChanges ? 1 : 0), isDuplicate: false };
  const ids = unchecked.map(([id]) => id).filter((id) => !failing.some((check) => check.id === id));
  return { title: issueTitle(report, namespaces), body: issueBody(renderMarker(marker), report, ids, run), marker, unchecked: ids, change };
}

function isUnchecked({ report: { checks }, unobserved }: DriftFindings, id: CheckId): boolean {
  return unobserved.has(id) || !checks.some((check) => check.id === id);
}

async function create(context: SyncContext): Promise<void> {
  const { input, tracker, log, findOwn, onKnown } = context;
  const { title, body, marker } = compose(context);
  const labels = input.unverifiable.size > 0 ? [DRIFT_LABEL, UNVERIFIED_LABEL] : [DRIFT_LABEL];
  const made = await tracker.create({ title, body, labels });
  if (!made.labels.includes(DRIFT_LABEL)) {
    // GitHub silently drops labels that the token may not set. The next run would not find the issue again.
    await tracker.update(made.number, { state: "closed", reason: "not_planned" });
    throw new GitHubError(`issue #${String(made.number)} was made without its label, and closed again`, "github-token needs the right to write issues, labels included.");
  }
  onKnown(made.number);
  log.info(`drift issue #${String(made.number)} made`);
  const [oldest] = await findOwn("open");
  // A concurrent run may have created an issue as well. Both runs see the same numbers and keep the lowest.
  if (oldest === undefined || oldest.issue.number >= made.number) return;
  onKnown(oldest.issue.number);
  await closeDuplicate(context, { issue: { ...made, body }, marker }, oldest.issue.number);
}

async function update(context: SyncContext, { issue, marker: before }: Found): Promise<void> {
  const { input, tracker, log } = context;
  const { title, body, marker, unchecked, change } = compose(context, before);
  const hasChanges = marker.revision > before.revision;
  // The comment comes first: if it fails, the body keeps the former findings, and the next run finds the same change.
  if (hasChanges) await postOnce(context, issue.number, newsKey("changed", marker), changedComment(input.report, change, input.run));
  if (hasChanges || marker.text !== before.text) await tracker.update(issue.number, { title, body });
  await setUnverified(context, issue, input.unverifiable.size > 0 || unchecked.length > 0);
  log.info(`drift issue #${String(issue.number)}: ${hasChanges ? "the findings have changed" : "the findings are the same"}`);
}

/** Two runs that find the same from the same state have the same key. */
function newsKey(news: "changed" | "reopened" | "closed", { revision, findings }: Pick<Marker, "revision" | "findings">): string {
  return hash(JSON.stringify([news, revision, [...findings].sort()]), 16);
}

function changeBetween(before: Marker["findings"], now: Marker["findings"]): FindingsChange {
  const ids = [...now.keys()];
  return {
    added: ids.filter((id) => !before.has(id)),
    changed: ids.filter((id) => before.has(id) && before.get(id) !== now.get(id)),
    gone: [...before.keys()].filter((id) => !now.has(id)),
  };
}

async function reopen(context: SyncContext, { issue, marker: before }: Found): Promise<void> {
  const { input, tracker, log, onKnown } = context;
  const number = `drift issue #${String(issue.number)}`;
  onKnown(issue.number);
  if (issue.reason === "not_planned") {
    log.info(`${number} stays closed: somebody closed it as not planned. Reopen it to have it updated again, or take its label ${DRIFT_LABEL} off to get a new issue`);
    return;
  }
  const { title, body, marker } = compose(context);
  const now = { ...marker, revision: before.revision + 1 };
  await postOnce(context, issue.number, newsKey("reopened", now), reopenedComment(input.report, input.run));
  await tracker.update(issue.number, { title, body: withMarker(body, now), state: "open" });
  await setUnverified(context, issue, input.unverifiable.size > 0);
  log.info(`${number} reopened`);
}

/** Closes an issue, unless one of its findings was not checked again, or neither passes nor has stopped to apply. */
async function close(context: SyncContext, { issue, marker }: Found): Promise<void> {
  const { input, tracker, log } = context;
  const { checks } = input.report;
  const findings = [...marker.findings.keys()];
  const resultOf = (id: CheckId): Check["result"] | undefined => checks.find((check) => check.id === id)?.result;
  const unchecked = findings.filter((id) => isUnchecked(input, id));
  const open = findings.filter((id) => unchecked.includes(id) || (resultOf(id) !== "pass" && resultOf(id) !== "skip"));
  await setUnverified(context, issue, unchecked.length > 0);
  if (open.length > 0) {
    log.info(`drift issue #${String(issue.number)} stays open: ${open.join(", ")} did not pass yet`);
    return;
  }
  const now = { ...marker, revision: marker.revision + 1, isDuplicate: false };
  await postOnce(context, issue.number, newsKey("closed", now), closedComment(input.report, findings, input.run));
  await tracker.update(issue.number, { body: withMarker(issue.body, now), state: "closed", reason: "completed" });
  log.info(`drift issue #${String(issue.number)} closed`);
}

async function closeDuplicate(context: SyncContext, { issue, marker }: Found, original: number): Promise<void> {
  const { input, tracker, log } = context;
  await postOnce(context, issue.number, newsKey("closed", marker), duplicateComment(original, input.run));
  await tracker.update(issue.number, { body: withMarker(issue.body, { ...marker, isDuplicate: true }), state: "closed", reason: "duplicate" });
  log.info(`drift issue #${String(issue.number)} closed: #${String(original)} is older`);
}

async function setUnverified({ tracker }: SyncContext, { number, labels }: Issue, wanted: boolean): Promise<void> {
  const has = labels.includes(UNVERIFIED_LABEL);
  if (wanted && !has) await tracker.addLabel(number, UNVERIFIED_LABEL);
  if (!wanted && has) await tracker.removeLabel(number, UNVERIFIED_LABEL);
}
