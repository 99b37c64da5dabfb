/** Evaluates the end of a run with a fault: whether it is allowed, given the end of the same run without a fault. */
import { isDeepStrictEqual } from "node:util";
import { CNI_CHAINING, INIT_CONTAINERS, type Mode } from "../../src/contract.ts";
import { ActionError } from "../../src/lib/errors.ts";
import { outputsOf } from "../../src/github/outputs.ts";
import { mechanismAt } from "../../simulator/world/world.ts";
import { isObject, type Json, textAt } from "../../simulator/lib/json.ts";
import { MECHANISM_PATH } from "../../simulator/world/operations.ts";
import { type FaultTarget, type RunEnd, TIMEOUT_MINUTES } from "./run-types.ts";

/** The columns of the matrix. */
export const ENDINGS = ["same", "failed clearly", "unverified", "disallowed"] as const;
/** The end of a run, as a column of the matrix. */
export type Ending = (typeof ENDINGS)[number];

export interface Evaluation {
  readonly ending: Ending;
  /** The violated rules; empty where the end is allowed. */
  readonly problems: readonly string[];
}

/** Faults after which a part of the answer is missing. */
const BREAKS_OFF = ["cut in the body", "gzip cut in the middle", "head, then nothing"];
const REQUEST_TIMEOUT_MS = 100_000;
const UNVERIFIED = "istio-cni-unverified";
/** For the drift issue or the comment: three minutes, and a request's timeout. */
const PUBLISHING_LIMIT_MS = 3 * 60_000 + 32_000;
/** The time that a run may take after its deadline to publish its results. */
const PUBLISHING_MS = 2000;

/** Evaluates a run by the state of the world after it, not only by its report. `target`: of its fault; undefined where it was cancelled. */
export function evaluateRun(run: RunEnd, clean: RunEnd, mode: Mode, target?: FaultTarget): Evaluation {
  const { report, state, world } = run;
  const problems: string[] = [];
  const goal = mode === "disable" ? INIT_CONTAINERS : CNI_CHAINING;

  const accepted = world.cluster.operations.length - run.operationsBefore;
  if (accepted > 1) problems.push(`${accepted} PUTs were accepted`);
  if (accepted > clean.world.cluster.operations.length - clean.operationsBefore) problems.push("a PUT was accepted, and a clean run sends none");
  if ((mode === "plan" || mode === "check") && run.requests.some((entry) => isWrite(entry))) problems.push("something was written");
  if (!isDeepStrictEqual(unchangedPart(run.bodyBefore), unchangedPart(world.cluster.body))) problems.push("a property of the cluster was lost or added");
  const reported = textAt(world.cluster.body, ...MECHANISM_PATH);
  if (reported !== textAt(run.bodyBefore, ...MECHANISM_PATH) && reported !== goal) problems.push(`the cluster reports ${String(reported)}`);

  const late = run.endedAt - (run.startedAt + TIMEOUT_MINUTES * 60_000 + REQUEST_TIMEOUT_MS + PUBLISHING_MS);
  if (late > 0) problems.push(`it ended ${Math.round(late / 1000)} s after its deadline plus a request's timeout`);

  if (report.status === "changed" || report.status === "compliant") {
    const { mechanism } = mechanismAt(world, run.endedAt);
    if (mode !== "plan" && mechanism !== goal) problems.push(`${report.status}, but the mesh uses ${mechanism}`);
    if (clean.report.status !== "changed" && clean.report.status !== "compliant") problems.push(`${report.status}, but a clean run ends as ${clean.report.status}`);
    if (run.cancelled === undefined && report.status === "changed" && accepted === 0 && clean.report.status === "compliant") problems.push("changed, but nothing was changed");
    const unproven = clean.report.checks.filter(({ result }) => result === "pass").map(({ id }) => id).filter((id) => !["pass", "warn"].includes(report.checks.find((check) => check.id === id)?.result ?? "missing"));
    // The flag does not concern the cluster and may be unreadable. The probe is not needed where running pods prove redirection.
    const provenByPods = report.checks.some(({ id, result }) => id === "pods-redirected" && result === "pass");
    // Refused workloads may still wait for their controllers, which the report says: then there are no pods yet.
    const isWaiting = report.checks.some(({ id, result }) => id === "workloads-admitted" && result === "warn");
    if (unproven.some((id) => !(isWaiting && ["cni-covers-nodes", "pods-redirected"].includes(id)) && id !== "feature-registered" && !(id === "admission-probe" && provenByPods))) problems.push(`${report.status} without ${unproven.join(", ")}`);
  }
  if (report.status === "drifted" && clean.report.status !== "drifted") problems.push(`drifted, but a clean run ends as ${clean.report.status}`);
  if (report.error !== undefined) {
    const { code, doing, message, remedy } = report.error;
    if (!(state.error instanceof ActionError)) problems.push(`an unexpected error: ${state.error instanceof Error ? (state.error.stack ?? "") : String(state.error)}`);
    if (doing === "" || message === "" || remedy === "" || code === "") problems.push(`an incomplete error: ${JSON.stringify(report.error)}`);
  } else if (report.status === "failed" && !report.checks.some(({ result }) => result === "fail")) problems.push("failed without a reason");

  problems.push(...reportProblems(run, clean, mode, target), ...publishingProblems(run));
  if (report.status === "unverified" && clean.report.status !== "unverified" && run.cancelled === undefined && !run.affected.some(concernsCluster)) problems.push("unverified, but no request for access to the cluster had a fault");
  if (target?.fault.isRecoverable === true && !target.persistent && target.sender === "action" && isRead(run.affected[0]) && report.status !== clean.report.status) {
    problems.push(`${report.status}, but repeating the read succeeds`);
  }

  if (run.cancelled !== undefined) {
    const { report: first, tookMs, hadResult } = run.cancelled;
    if (tookMs > 2000) problems.push(`it ended ${tookMs} ms after it was cancelled`);
    if (hadResult ? first.status !== clean.report.status : first.status !== "failed" || first.error?.code !== "Cancelled") problems.push(`the cancelled run ended as ${first.status} (${first.error?.code ?? "no error"})`);
    const successes = ["changed", "compliant"];
    if (successes.includes(clean.report.status) ? !successes.includes(report.status) : report.status !== clean.report.status) problems.push(`the run after it ended as ${report.status}`);
    if (problems.length === 0) return { ending: "same", problems };
  }
  if (problems.length > 0) return { ending: "disallowed", problems };
  if (report.status === clean.report.status && report.error?.code === clean.report.error?.code) return { ending: "same", problems };
  return { ending: report.status === "unverified" ? "unverified" : "failed clearly", problems };
}

/** What a run must not do to GitHub, and what GitHub must not do to a run. */
function publishingProblems(run: RunEnd): string[] {
  const { report, world, issuesAtStart, published, mode } = run;
  const problems: string[] = [];
  if (published.tookMs > PUBLISHING_LIMIT_MS) problems.push(`publishing took ${Math.round(published.tookMs / 1000)} s`);
  const isDue = report.status === "failed" || (mode === "check" && report.status === "drifted");
  if ((published.exitCode === 1) !== isDue) problems.push(`${report.status}, and the step ends with ${published.exitCode}`);

  const issues = world.github.issues.filter(({ isPullRequest }) => !isPullRequest);
  const open = issues.filter(({ state }) => state === "open");
  const warned = (title: string): boolean => published.annotations.some((line) => line.includes(`title=${title}`));
  if (open.length > 1) problems.push(`${open.length} drift issues are open`);
  const wasOpen = issuesAtStart.some(({ state, isPullRequest }) => state === "open" && !isPullRequest);
  const hasPassed = report.status === "compliant" || report.status === "changed";
  const closed = wasOpen && open.length === 0;
  if (closed && (mode === "plan" || mode === "disable" || report.error !== undefined || mechanismAt(world, run.endedAt).mechanism !== CNI_CHAINING)) problems.push(`${report.status} in mode ${mode}, and the drift issue was closed`);
  if (mode === "check" && report.status === "drifted" && open.length === 0 && !warned("Drift issue") && run.cancelled === undefined) problems.push("drifted, without a drift issue or a warning");
  if (mode === "check" && hasPassed && open.some(({ labels }) => !labels.includes(UNVERIFIED)) && !warned("Drift issue") && run.cancelled === undefined && wasOpen && !keepsFindings(run)) problems.push(`${report.status}, but the drift issue stays open without a warning`);
  const comments = world.github.issues.filter(({ isPullRequest }) => isPullRequest).flatMap((pull) => pull.comments);
  if (comments.length > 1) problems.push(`${comments.length} comments with the plan`);
  if (mode !== "plan" && comments.length > 0) problems.push(`mode ${mode} has written a comment`);
  const saysSo = warned("Pull request comment") || run.log.some((line) => line.includes("pull request comment could not be written"));
  if (mode === "plan" && comments.length === 0 && !saysSo && run.cancelled === undefined) problems.push("the plan is in no comment, and nothing says so");
  return problems;
}

/** Whether a check that is listed in the drift issue passes neither. */
function keepsFindings({ log }: RunEnd): boolean {
  return log.some((line) => /^drift issue #\d+ stays open/.test(line));
}

/** What matters of an end, as text: two ends with the same text are the same. */
export function describeEnd(run: RunEnd, clean: RunEnd, mode: Mode): string {
  const { report, state, world, published } = run;
  const { ending } = evaluateRun(run, clean, mode);
  const { status, error, checks, plan, mesh } = report;
  const issues = world.github.issues.map(({ number, state: is, labels, comments }) => [number, is, labels, comments.length]);
  return JSON.stringify([ending === "disallowed" ? "disallowed" : "allowed", status, error?.code, state.changed, checks.map(({ id, result }) => `${id} ${result}`), plan.map(({ id, outcome }) => `${id} ${outcome}`), mesh.redirectionMechanism.after, world.cluster.operations.length - run.operationsBefore, issues, published.exitCode]);
}

/** Contradictions between the report or the outputs and the world. */
function reportProblems(run: RunEnd, clean: RunEnd, mode: Mode, target: FaultTarget | undefined): string[] {
  const { report, state, world } = run;
  const problems: string[] = [];
  const steps = report.plan;
  if (report.error !== undefined) {
    const { code, doing } = report.error;
    if (doing === "running" && code !== "Cancelled" && code !== "Timeout") problems.push(`${code}, without the step`);
    const open = steps.filter(({ outcome }) => outcome === "planned").map(({ id }) => id);
    if (mode !== "plan" && mode !== "check" && open.length > 0) problems.push(`the run has ended, but ${open.join(", ")} is still planned`);
  }
  if (["changed", "compliant", "unverified"].includes(report.status) && steps.some(({ outcome }) => outcome === "failed")) problems.push(`${report.status}, but a step failed`);
  if (report.status === "changed" && !state.changed) problems.push("changed, but the outputs say that nothing was changed");
  if (report.status === "compliant" && state.changed) problems.push("compliant, but the outputs say that something was changed");
  if (outputsOf(report, { changed: state.changed, reportPath: "" }).changed !== String(state.changed)) problems.push("the output changed is wrong");

  const writes = run.requests.filter(isWrite);
  // Where the clean run does so as well, only the clean run is reported.
  if (deniesChange(run) && (run === clean || !deniesChange(clean))) problems.push("something was changed, but the outputs say that nothing was");
  const isUnknown = mayHaveChanged(run) || brokeOff(run, target);
  if (run.cancelled === undefined && !hasChanged(run) && state.changed && !clean.state.changed && !isUnknown) problems.push("nothing was changed, but the outputs say that something was");
  if (run.cancelled === undefined && !hasChanged(run) && state.changed && !isUnknown && writes.every(({ status }) => status < 200 || status >= 300)) problems.push("no write was accepted, but the outputs say that something was changed");

  const { after } = report.mesh.redirectionMechanism;
  const reported = textAt(world.cluster.body, ...MECHANISM_PATH);
  const wasRead = report.status !== "failed" && after !== "" && reported !== undefined;
  if (wasRead && after !== reported) problems.push(`the report says ${after}, and the cluster ${reported}`);

  const [arm, kubernetes] = ["arm", "kubernetes"] as const;
  // Queries in run commands are counted in another way and may be cached; a private cluster does not receive the ping.
  const isDirect = world.cluster.private === undefined && run.requests.every(({ path }) => !/\/runCommand$/i.test(path));
  for (const service of isDirect ? [arm, kubernetes] : [arm]) {
    const sent = run.requests.filter((entry) => entry.service === service).length;
    if (run.cancelled === undefined && report.requests[service] !== sent) problems.push(`the report counts ${report.requests[service]} requests to ${service} instead of ${sent}`);
  }
  return problems;
}

/** Whether a write was accepted and answered, but the outputs say that nothing was changed. Writes with a fault do not count. */
function deniesChange(run: RunEnd): boolean {
  if (run.cancelled !== undefined || run.state.changed || !hasChanged(run)) return false;
  const hadFault = ({ service, path }: RunEnd["requests"][number]): boolean => run.affected.some((request) => request.service === service && request.path === path && request.method !== "GET");
  return run.requests.some((entry) => isWrite(entry) && entry.status >= 200 && entry.status < 300 && !hadFault(entry));
}

/** Whether the answer to a write did not arrive: then the run cannot know that nothing was changed. A gateway that gave up waiting does not know it either. */
function mayHaveChanged({ requests }: RunEnd): boolean {
  return requests.some((entry) => isWrite(entry) && (entry.status < 100 || [408, 502, 504].includes(entry.status)));
}

/** Whether the answer to a write broke off. The action does not trust its status, even that of a refusal. */
function brokeOff({ affected }: RunEnd, target: FaultTarget | undefined): boolean {
  return target !== undefined && BREAKS_OFF.includes(target.fault.name) && affected.some(({ method }) => method !== "GET");
}

/** Whether the run changed something in Azure or in the cluster. */
function hasChanged({ world, operationsBefore, featureBefore, requests }: RunEnd): boolean {
  const { registrationAskedAt, providerRefreshedAt } = world.feature;
  const inCluster = requests.some((entry) => entry.service === "kubernetes" && isWrite(entry));
  return world.cluster.operations.length > operationsBefore || registrationAskedAt !== featureBefore.registrationAskedAt || providerRefreshedAt !== featureBefore.providerRefreshedAt || inCluster;
}

/** Whether a request is part of the access to the cluster, including credentials. */
function concernsCluster({ service, path }: RunEnd["affected"][number]): boolean {
  return service !== "arm" || /\/(listClusterUserCredential|runCommand|commandResults\/)/i.test(path);
}

function isRead(request: RunEnd["affected"][number] | undefined): boolean {
  return request?.method === "GET" && (request.service === "arm" || request.service === "kubernetes");
}

/** Whether a request changes something in Azure or in the cluster, or is meant to. */
export function isWrite({ service, method, path, query }: RunEnd["requests"][number]): boolean {
  if ((service !== "arm" && service !== "kubernetes") || method === "GET") return false;
  return !/\/(listClusterUserCredential|runCommand)$/i.test(path) && query["dryRun"] !== "All";
}

/** The body without the mechanism and without properties that any update changes. */
function unchangedPart(body: Json): Json {
  const volatile = new Set(["eTag", "provisioningState", "proxyRedirectionMechanism", "systemData", "components"]);
  if (Array.isArray(body)) return body.map(unchangedPart);
  if (!isObject(body)) return body;
  return Object.fromEntries(
    Object.entries(body)
      .filter(([key, value]) => !volatile.has(key) || (key === "components" && isObject(value) && Object.keys(value).some((name) => name !== "proxyRedirectionMechanism")))
      .map(([key, value]) => [key, unchangedPart(value)]),
  );
}
