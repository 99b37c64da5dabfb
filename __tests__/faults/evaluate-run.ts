/** Whether a run may end as it did, given how the same run ends where nothing goes wrong. */
import { isDeepStrictEqual } from "node:util";
import { CNI_CHAINING, INIT_CONTAINERS, type Mode } from "../../src/contract.ts";
import { ActionError } from "../../src/lib/errors.ts";
import { outputsOf } from "../../src/github/outputs.ts";
import { mechanismAt } from "../../simulator/world/world.ts";
import { isObject, type Json, textAt } from "../../simulator/lib/json.ts";
import { MECHANISM_PATH } from "../../simulator/world/operations.ts";
import { type RunEnd, type Strike, TIMEOUT_MINUTES } from "./run-once.ts";

/** The columns of the matrix. */
export const ENDINGS = ["same", "failed clearly", "unverified", "disallowed"] as const;
/** How a run ended, as a column of the matrix. */
export type Ending = (typeof ENDINGS)[number];

export interface Verdict {
  readonly ending: Ending;
  /** What must not be; empty where the end is allowed. */
  readonly problems: readonly string[];
}

const REQUEST_TIMEOUT_MS = 100_000;
/** The run's own end comes so much after its deadline. */
const LAST_WORDS_MS = 2000;

/** Judges a run by the world it leaves behind, not by its own words. `strike`: what struck it; undefined where it was cancelled. */
export function judge(run: RunEnd, clean: RunEnd, mode: Mode, strike?: Strike): Verdict {
  const { report, record, world } = run;
  const problems: string[] = [];
  const goal = mode === "disable" ? INIT_CONTAINERS : CNI_CHAINING;

  const accepted = world.cluster.operations.length - run.operationsBefore;
  if (accepted > 1) problems.push(`${accepted} PUTs were accepted`);
  if (accepted > clean.world.cluster.operations.length - clean.operationsBefore) problems.push("a PUT was accepted where a clean run sends none");
  if ((mode === "plan" || mode === "check") && run.requests.some((entry) => isWrite(entry))) problems.push("something was written");
  if (!isDeepStrictEqual(lasting(run.bodyBefore), lasting(world.cluster.body))) problems.push("the cluster lost or gained a property");
  const says = textAt(world.cluster.body, ...MECHANISM_PATH);
  if (says !== textAt(run.bodyBefore, ...MECHANISM_PATH) && says !== goal) problems.push(`the cluster says ${String(says)}`);

  const late = run.endedAt - (run.startedAt + TIMEOUT_MINUTES * 60_000 + REQUEST_TIMEOUT_MS + LAST_WORDS_MS);
  if (late > 0) problems.push(`it ended ${Math.round(late / 1000)} s later than its deadline and a request's timeout`);

  if (report.status === "changed" || report.status === "compliant") {
    const { mechanism } = mechanismAt(world, run.endedAt);
    if (mode !== "plan" && mechanism !== goal) problems.push(`${report.status}, and the mesh works by ${mechanism}`);
    if (clean.report.status !== "changed" && clean.report.status !== "compliant") problems.push(`${report.status}, where a clean run ends ${clean.report.status}`);
    if (run.cancelled === undefined && report.status === "changed" && accepted === 0 && clean.report.status === "compliant") problems.push("changed, and nothing was");
    const unproven = clean.report.checks.filter(({ result }) => result === "pass").map(({ id }) => id).filter((id) => !["pass", "warn"].includes(report.checks.find((check) => check.id === id)?.result ?? "missing"));
    // The flag proves nothing about the cluster: it may be unreadable. And where running pods prove redirection, nobody need be asked.
    const provenByPods = report.checks.some(({ id, result }) => id === "pods-redirected" && result === "pass");
    if (unproven.some((id) => id !== "feature-registered" && !(id === "admission-probe" && provenByPods))) problems.push(`${report.status} without ${unproven.join(", ")}`);
  }
  if (report.status === "drifted" && clean.report.status !== "drifted") problems.push(`drifted, where a clean run ends ${clean.report.status}`);
  if (report.error !== undefined) {
    const { code, doing, message, remedy } = report.error;
    if (!(record.error instanceof ActionError)) problems.push(`an unexpected error: ${record.error instanceof Error ? (record.error.stack ?? "") : String(record.error)}`);
    if (doing === "" || message === "" || remedy === "" || code === "") problems.push(`an unclear error: ${JSON.stringify(report.error)}`);
  } else if (report.status === "failed" && !report.checks.some(({ result }) => result === "fail")) problems.push("failed, and nobody says why");

  problems.push(...wordsAgainstWorld(run, clean, mode));
  if (report.status === "unverified" && clean.report.status !== "unverified" && run.cancelled === undefined && !run.struck.some(concernsCluster)) problems.push("unverified, and nothing on the way into the cluster was struck");
  if (strike?.fault.passes === true && !strike.forever && strike.sender === "action" && isRead(run.struck[0]) && report.status !== clean.report.status) {
    problems.push(`${report.status}, and what struck it is over when a read is sent again`);
  }

  if (run.cancelled !== undefined) {
    const { report: first, tookMs } = run.cancelled;
    if (tookMs > 2000) problems.push(`it stopped ${tookMs} ms after it was cancelled`);
    if (first.status !== "failed" || first.error?.code !== "Cancelled") problems.push(`cancelled, it ended ${first.status} (${first.error?.code ?? "no error"})`);
    const good = ["changed", "compliant"];
    if (good.includes(clean.report.status) ? !good.includes(report.status) : report.status !== clean.report.status) problems.push(`the run after it ended ${report.status}`);
    if (problems.length === 0) return { ending: "same", problems };
  }
  if (problems.length > 0) return { ending: "disallowed", problems };
  if (report.status === clean.report.status && report.error?.code === clean.report.error?.code) return { ending: "same", problems };
  return { ending: report.status === "unverified" ? "unverified" : "failed clearly", problems };
}

/** Where the report or the outputs say something else than the world. */
function wordsAgainstWorld(run: RunEnd, clean: RunEnd, mode: Mode): string[] {
  const { report, record, world } = run;
  const problems: string[] = [];
  const steps = report.plan;
  if (report.error !== undefined) {
    const { code, doing } = report.error;
    if (doing === "running" && code !== "Cancelled" && code !== "Timeout") problems.push(`${code}, and nobody says of what step`);
    const open = steps.filter(({ outcome }) => outcome === "planned").map(({ id }) => id);
    if (mode !== "plan" && mode !== "check" && open.length > 0) problems.push(`the run is over, and ${open.join(", ")} is still planned`);
  }
  if (["changed", "compliant", "unverified"].includes(report.status) && steps.some(({ outcome }) => outcome === "failed")) problems.push(`${report.status}, and a step failed`);
  if (report.status === "changed" && !record.changed) problems.push("changed, and the outputs say that nothing was");
  if (report.status === "compliant" && record.changed) problems.push("compliant, and the outputs say that something was changed");
  if (outputsOf(report, { changed: record.changed, reportPath: "" }).changed !== String(record.changed)) problems.push("the output changed says something else");

  const writes = run.requests.filter(isWrite);
  // What a clean run denies as well is told of that one, once.
  if (deniesChange(run) && (run === clean || !deniesChange(clean))) problems.push("something was changed, and the outputs deny it");
  if (run.cancelled === undefined && !changedIn(run) && record.changed && !clean.record.changed) problems.push("nothing was changed, and the outputs claim it");
  if (run.cancelled === undefined && !changedIn(run) && record.changed && writes.every(({ status }) => status < 200 || status >= 300)) problems.push("no write was taken, and the outputs claim a change");

  const { after } = report.mesh.redirectionMechanism;
  const says = textAt(world.cluster.body, ...MECHANISM_PATH);
  const isRead = report.status !== "failed" && after !== "" && says !== undefined;
  if (isRead && after !== says) problems.push(`the report says ${after}, and the cluster ${says}`);

  const [arm, kubernetes] = ["arm", "kubernetes"] as const;
  // A run command's questions are counted in another way, and not always asked here; nor does a private cluster hear a knock.
  const isDirect = world.cluster.private === undefined && run.requests.every(({ path }) => !/\/runCommand$/i.test(path));
  for (const service of isDirect ? [arm, kubernetes] : [arm]) {
    const sent = run.requests.filter((entry) => entry.service === service).length;
    if (run.cancelled === undefined && report.requests[service] !== sent) problems.push(`the report counts ${report.requests[service]} requests to ${service}, and there were ${sent}`);
  }
  return problems;
}

/** Whether a write was taken and its answer arrived, and the outputs say that nothing was changed. An answer that was lost leaves it open. */
function deniesChange(run: RunEnd): boolean {
  if (run.cancelled !== undefined || run.record.changed || !changedIn(run)) return false;
  const isStruck = ({ service, path }: RunEnd["requests"][number]): boolean => run.struck.some((request) => request.service === service && request.path === path && request.method !== "GET");
  return run.requests.some((entry) => isWrite(entry) && entry.status >= 200 && entry.status < 300 && !isStruck(entry));
}

/** Whether the run left something behind in Azure or in the cluster. */
function changedIn({ world, operationsBefore, featureBefore, requests }: RunEnd): boolean {
  const { registrationAskedAt, providerRefreshedAt } = world.feature;
  const inCluster = requests.some((entry) => entry.service === "kubernetes" && isWrite(entry));
  return world.cluster.operations.length > operationsBefore || registrationAskedAt !== featureBefore.registrationAskedAt || providerRefreshedAt !== featureBefore.providerRefreshedAt || inCluster;
}

/** Whether a request is part of the way into the cluster, credentials included. */
function concernsCluster({ service, path }: RunEnd["struck"][number]): boolean {
  return service !== "arm" || /\/(listClusterUserCredential|runCommand|commandResults\/)/i.test(path);
}

function isRead(request: RunEnd["struck"][number] | undefined): boolean {
  return request?.method === "GET" && (request.service === "arm" || request.service === "kubernetes");
}

function isWrite({ service, method, path, query }: RunEnd["requests"][number]): boolean {
  if ((service !== "arm" && service !== "kubernetes") || method === "GET") return false;
  return !/\/(listClusterUserCredential|runCommand)$/i.test(path) && query["dryRun"] !== "All";
}

/** The body without what an update changes by itself, and without the mechanism. */
function lasting(body: Json): Json {
  const volatile = new Set(["eTag", "provisioningState", "proxyRedirectionMechanism", "systemData", "components"]);
  if (Array.isArray(body)) return body.map(lasting);
  if (!isObject(body)) return body;
  return Object.fromEntries(
    Object.entries(body)
      .filter(([key, value]) => !volatile.has(key) || (key === "components" && isObject(value) && Object.keys(value).some((name) => name !== "proxyRedirectionMechanism")))
      .map(([key, value]) => [key, lasting(value)]),
  );
}
