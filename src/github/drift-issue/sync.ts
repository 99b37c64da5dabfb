/**
 * Keeps one GitHub issue per cluster open while it drifts (`drift-issue: true`). Only a drift check makes, changes and reopens it; a
 * run of any mode that ends well closes it, apply and disable too; plan leaves it alone. A run that could not check everything puts
 * {@link UNVERIFIED_LABEL} on an open issue, and closes nothing. What goes wrong here is told, and changes nothing of the run's verdict.
 */
import type { Check, CheckId, Report } from "../../contract.ts";
import { messageOf } from "../../lib/errors.ts";
import { GitHubApi, GitHubError, type RetryBudget } from "./api.ts";
import { clusterKey, DRIFT_LABEL, fingerprintOf, hash, type Marker, readMarker, renderMarker, UNVERIFIED_LABEL } from "./marker.ts";
import {
  changedComment,
  closedComment,
  duplicateComment,
  type FindingsChange,
  issueBody,
  issueTitle,
  reopenedComment,
  type RunReference,
} from "./text.ts";
import { GitHubIssues, type Issue, type IssueTracker } from "./tracker.ts";
import { plain } from "../../report/escape.ts";
import { mask } from "../log.ts";

/** What a drift issue is made of. */
export interface DriftIssueInput {
  readonly report: Report;
  /** Checks of which the run could not find out the result. */
  readonly unverifiable: ReadonlySet<CheckId>;
  readonly run: RunReference;
}

/** What became of it. */
export interface DriftIssueOutcome {
  /** The issue that is open now, or was just closed. */
  readonly number?: number | undefined;
  /** Why the issue is not what it should be; a sentence for a warning. */
  readonly problem?: string;
}

/** Where the issue lives, from the runner's environment and the inputs. */
export interface Repository {
  /** `GITHUB_API_URL`, also that of a GitHub Enterprise Server. */
  readonly apiUrl: string;
  /** `owner/name`. */
  readonly name: string;
  readonly token: string;
}

/** Brings the issue in line with the run. Never throws. */
export async function keepDriftIssue(input: DriftIssueInput, repository: Repository, patience: RetryBudget): Promise<DriftIssueOutcome> {
  if (verdictOf(input) === "no-say") return {};
  try {
    if (repository.token === "") throw new GitHubError("there is no token", "drift-issue needs the input github-token.");
    mask(repository.token);
    if (!/^[\w.-]+\/[\w.-]+$/.test(repository.name)) throw new GitHubError("there is no repository", "GITHUB_REPOSITORY names it in a workflow.");
    if (input.report.cluster.id === "") throw new GitHubError("which cluster it is about is not known", "Set subscription-id, or cluster to the resource ID.");
    const api = new GitHubApi(repository.apiUrl, repository.token, patience);
    return { number: await syncDriftIssue(input, new GitHubIssues(api, repository.name), patience.log) };
  } catch (error) {
    const remedy = error instanceof GitHubError ? ` ${error.remedy}` : "";
    return { problem: plain(`The drift issue could not be kept: ${messageOf(error)}.${remedy} The run's own verdict stands.`) };
  }
}

/** What a run has to say about the issue. */
type Verdict = "drifted" | "clean" | "could-not-check" | "no-say";

function verdictOf({ report: { mode, status }, unverifiable }: DriftIssueInput): Verdict {
  if (mode === "plan") return "no-say";
  switch (status) {
    case "drifted":
      return "drifted";
    case "compliant":
    case "changed":
      return unverifiable.size === 0 ? "clean" : "could-not-check";
    case "unverified":
      return "could-not-check";
    case "failed":
      // An apply that failed says so itself; what the cluster is like is for the next check to say.
      return mode === "check" ? "could-not-check" : "no-say";
  }
}

/** Does what {@link keepDriftIssue} promises, and throws where it cannot. @returns the issue that is open, or was just closed */
export async function syncDriftIssue(input: DriftIssueInput, tracker: IssueTracker, log: RetryBudget["log"]): Promise<number | undefined> {
  const verdict = verdictOf(input);
  if (verdict === "no-say") return undefined;
  const cluster = clusterKey(input.report.cluster.id);
  const identity = await tracker.identity();
  const ours = async (state: "open" | "closed"): Promise<readonly Found[]> => {
    const issues = await tracker.list(state, DRIFT_LABEL, identity);
    // GitHub was asked for one author's issues only; a marker by anybody else would be a forgery.
    return issues.flatMap((issue) => {
      const marker = issue.author.toLowerCase() === identity.toLowerCase() ? readMarker(issue.body) : undefined;
      return marker?.cluster === cluster ? [{ issue, marker }] : [];
    }).sort((one, other) => one.issue.number - other.issue.number);
  };
  const desk: Desk = { input, tracker, log, cluster, ours };
  const [found, ...duplicates] = await ours("open");
  if (verdict === "could-not-check") {
    if (found === undefined) return undefined;
    log.info(`drift issue #${String(found.issue.number)} stays as it is: this run could not check everything`);
    await setUnverified(desk, found.issue, true);
    return found.issue.number;
  }
  for (const { issue } of duplicates) if (found !== undefined) await closeDuplicate(desk, issue.number, found.issue.number);
  if (verdict === "clean") return found === undefined ? undefined : close(desk, found);
  if (found !== undefined) return update(desk, found);
  const former = (await ours("closed")).find(({ issue }) => issue.reason !== "duplicate");
  return former === undefined ? create(desk) : reopen(desk, former.issue);
}

interface Found {
  readonly issue: Issue;
  readonly marker: Marker;
}

interface Desk {
  readonly input: DriftIssueInput;
  readonly tracker: IssueTracker;
  readonly log: RetryBudget["log"];
  /** {@link clusterKey} of the cluster. */
  readonly cluster: string;
  /** The issues about the cluster that this token made; lowest number first. */
  readonly ours: (state: "open" | "closed") => Promise<readonly Found[]>;
}

/** Title and body as they should be, and what the body tells. */
function compose({ input: { report, run }, cluster }: Desk, before?: Marker): { readonly title: string; readonly body: string; readonly marker: Marker; readonly unseen: readonly CheckId[] } {
  const failing = report.checks.filter(({ result }) => result === "fail");
  // What was told and could not be looked into now is not over.
  const unseen = [...(before?.findings ?? [])].filter(([id]) => isUnseen(report.checks, id));
  const findings = new Map<CheckId, string>([...failing.map((check) => [check.id, fingerprintOf(check)] as const), ...unseen]);
  const text = hash(JSON.stringify([failing, unseen]), 16);
  const marker: Marker = { cluster, findings, text };
  const ids = unseen.map(([id]) => id);
  return { title: issueTitle(report), body: issueBody(renderMarker(marker), report, ids, run), marker, unseen: ids };
}

function isUnseen(checks: readonly Check[], id: CheckId): boolean {
  const result = checks.find((check) => check.id === id)?.result;
  return result === undefined || result === "skip";
}

async function create(desk: Desk): Promise<number> {
  const { input, tracker, log, ours } = desk;
  const { title, body } = compose(desk);
  const labels = input.unverifiable.size > 0 ? [DRIFT_LABEL, UNVERIFIED_LABEL] : [DRIFT_LABEL];
  const made = await tracker.create({ title, body, labels });
  if (!made.labels.includes(DRIFT_LABEL)) {
    // GitHub drops labels without a word where the token may not set them; the next run would not find the issue again.
    await tracker.update(made.number, { state: "closed", reason: "not_planned" });
    throw new GitHubError(`issue #${String(made.number)} was made without its label, and closed again`, "github-token needs the right to write issues, labels included.");
  }
  log.info(`drift issue #${String(made.number)} made`);
  const [oldest] = await ours("open");
  // A run that went on at the same time was first: both see the same numbers, and agree on the lowest.
  if (oldest === undefined || oldest.issue.number >= made.number) return made.number;
  await closeDuplicate(desk, made.number, oldest.issue.number);
  return oldest.issue.number;
}

async function update(desk: Desk, { issue, marker: before }: Found): Promise<number> {
  const { input, tracker, log } = desk;
  const { title, body, marker, unseen } = compose(desk, before);
  const change = changeBetween(before, marker);
  const isNews = change.added.length + change.changed.length + change.gone.length > 0;
  if (isNews || marker.text !== before.text) await tracker.update(issue.number, { title, body });
  if (isNews) await tracker.comment(issue.number, changedComment(input.report, change, input.run));
  await setUnverified(desk, issue, input.unverifiable.size > 0 || unseen.length > 0);
  log.info(`drift issue #${String(issue.number)}: ${isNews ? "the findings have changed" : "the findings are the same"}`);
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

async function reopen(desk: Desk, issue: Issue): Promise<number> {
  const { input, tracker, log } = desk;
  const { title, body } = compose(desk);
  await tracker.update(issue.number, { title, body, state: "open" });
  await tracker.comment(issue.number, reopenedComment(input.report, input.run));
  await setUnverified(desk, issue, input.unverifiable.size > 0);
  log.info(`drift issue #${String(issue.number)} reopened`);
  return issue.number;
}

/** Closes an issue, unless something that it tells was not looked at again, or still is not right. */
async function close(desk: Desk, { issue, marker }: Found): Promise<number> {
  const { input, tracker, log } = desk;
  const { checks } = input.report;
  const open = [...marker.findings.keys()].filter((id) => checks.find((check) => check.id === id)?.result !== "pass");
  await setUnverified(desk, issue, open.some((id) => isUnseen(checks, id)));
  if (open.length > 0) {
    log.info(`drift issue #${String(issue.number)} stays open: ${open.join(", ")} did not pass yet`);
    return issue.number;
  }
  await tracker.comment(issue.number, closedComment(input.report, input.run));
  await tracker.update(issue.number, { state: "closed", reason: "completed" });
  log.info(`drift issue #${String(issue.number)} closed`);
  return issue.number;
}

async function closeDuplicate({ input, tracker, log }: Desk, number: number, original: number): Promise<void> {
  await tracker.comment(number, duplicateComment(original, input.run));
  await tracker.update(number, { state: "closed", reason: "duplicate" });
  log.info(`drift issue #${String(number)} closed: #${String(original)} is older`);
}

async function setUnverified({ tracker }: Desk, { number, labels }: Issue, wanted: boolean): Promise<void> {
  const has = labels.includes(UNVERIFIED_LABEL);
  if (wanted && !has) await tracker.addLabel(number, UNVERIFIED_LABEL);
  if (!wanted && has) await tracker.removeLabel(number, UNVERIFIED_LABEL);
}
