/**
 * The verdict of a run in words: a headline that says what was found, and sentences that say in numbers what is proven. Plain text, for
 * the summary, the log, issues and messages. Pure. Unescaped: names and messages of Azure and Kubernetes are in it.
 */
import type { Check, CheckId, Diagnosis, MeshCounts, Report, Status } from "../contract.ts";
import { CNI_CHAINING, INIT_CONTAINERS } from "../contract.ts";
import { count, number } from "../lib/plural.ts";
import { lowerFirst } from "./format.ts";
import { remedyCommands, remedyText } from "../lib/remedy.ts";

/** An icon, which never stands alone, and the headline. */
export interface Verdict {
  readonly icon: string;
  /** Without the cluster's name: `CNI chaining is on`. */
  readonly title: string;
}

const ICONS: Readonly<Record<Status, string>> = { compliant: "✅", changed: "✅", drifted: "⚠️", unverified: "❓", failed: "❌" };
const PLAN_ICON = "📝";
/** All is well but for workloads that still run pods from before the switch. */
const RESTART_ICON = "🔄";

/** What was found, in a few words. */
export function verdictOf(report: Report): Verdict {
  const { status, mode } = report;
  if (mode === "plan" && report.error === undefined) return { icon: PLAN_ICON, title: planTitle(report) };
  if (report.error !== undefined) return { icon: ICONS[status], title: errorTitle(report, report.error.code) };
  const causes = failingCauses(report);
  if (causes.length > 0) return { icon: ICONS[status], title: causesTitle(causes) };
  if (status === "unverified") return { icon: ICONS[status], title: unverifiedTitle(report) };
  const restarts = countsOf(report).workloadsToRestart ?? 0;
  if (restarts === 0) return { icon: ICONS[status], title: goalTitle(report) };
  return { icon: RESTART_ICON, title: `${goalTitle(report)}; ${count(restarts, "workload needs", "workloads need")} a restart` };
}

/** The verdict on one line, with the cluster's name: `aks-prod: CNI chaining is off`. */
export function headlineOf(report: Report): string {
  const { title } = verdictOf(report);
  return report.mode === "plan" && report.error === undefined ? `Plan for ${nameOf(report)}: ${title}` : `${nameOf(report)}: ${title}`;
}

function nameOf({ cluster }: Report): string {
  return cluster.name === "" ? "unknown cluster" : cluster.name;
}

/** The sentences that say what is proven, in numbers; empty where nothing was observed. */
export function proofOf(report: Report): readonly string[] {
  return [changeSentence(report), podSentence(report), refusalSentence(report)].filter((sentence) => sentence !== "");
}

/** What {@link causesOf} reads of a report. IDs may be those of a later version. */
export interface Findings<Id extends string> {
  readonly diagnosis?: readonly Diagnosis<Id>[];
  readonly checks: readonly (Pick<Check, "result" | "message" | "remedy"> & { readonly id: Id })[];
}

/** Whether a failing check causes others; those that could not be decided are no failures. */
export function isFailing<Id extends string>({ checks }: Pick<Findings<Id>, "checks">, { cause }: Pick<Diagnosis<Id>, "cause">): boolean {
  return checks.some(({ id, result }) => id === cause && result === "fail");
}

/** What stands in the way of a plan, or kept a run from changing anything; undefined if nothing does. */
export function blockerOf({ checks, plan, error }: Report): { readonly code: string; readonly check: Check | undefined } | undefined {
  // As `StepTracker.block` words it.
  const code = error?.code ?? plan.map(({ reason }) => /^blocked \(([\w-]+)\)/.exec(reason)?.[1]).find((found) => found !== undefined);
  if (code === undefined || (error !== undefined && !BLOCKER_TITLES.has(code) && !checks.some(({ id }) => id === code))) return undefined;
  return { code, check: checks.find(({ id }) => id === code) };
}

/** Blockers that are no checks: see `phases/plan/blocker.ts`. */
const BLOCKER_TITLES: ReadonlyMap<string, string> = new Map([
  ["WouldRefusePods", "AKS Automatic refuses istio-init"],
  ["AmbiguousRevision", "several revisions are installed, and the input revision names none"],
]);

/** What stands in the way, in a few words. */
export function blockerTitle({ code, check }: { readonly code: string; readonly check: Check | undefined }): string {
  return BLOCKER_TITLES.get(code) ?? (check === undefined ? code : lowerFirst(unblocked(check)));
}

/** The title of a check that could not be decided says only that; its message says why. */
function unblocked({ result, title, message }: Check): string {
  return result === "skip" ? message.replace(/ \(.*\)\.$|\.$/, "") : title;
}

/** The causes. In a report without a diagnosis, of an earlier version, every check that fails is one. */
export function causesOf<Id extends string>({ diagnosis, checks }: Findings<Id>): readonly Diagnosis<Id>[] {
  return (
    diagnosis ??
    checks
      .filter(({ result }) => result === "fail")
      .map(({ id, message, remedy }) => ({ cause: id, consequences: [], message, remedy: remedyText(remedy), commands: remedyCommands(remedy) }))
  );
}

function failingCauses(report: Report): readonly Check[] {
  const ids = causesOf(report).filter((diagnosis) => isFailing(report, diagnosis)).map(({ cause }) => cause);
  return ids.flatMap((id) => report.checks.filter((check) => check.id === id));
}

function causesTitle(causes: readonly Check[]): string {
  const [first, second] = causes.map(({ title }) => title);
  if (first === undefined) return "";
  if (second === undefined) return first;
  return causes.length === 2 ? `${first}, and ${lowerFirst(second)}` : `${first}, and ${causes.length - 1} more causes`;
}

function errorTitle(report: Report, code: string): string {
  const blocker = blockerOf(report);
  if (blocker !== undefined) return `not switched: ${blockerTitle(blocker)}`;
  if (code === "InvalidInput") return "the inputs are not valid";
  return `failed while ${report.error?.doing ?? "running"}`;
}

/** The steps that apply would take. Waiting for another operation changes nothing. */
export function plannedChanges({ plan }: Report): number {
  return plan.filter(({ id, outcome }) => outcome === "planned" && id !== "wait-until-idle").length;
}

function planTitle(report: Report): string {
  if (blockerOf(report) !== undefined) return "blocked";
  const changes = plannedChanges(report);
  if (changes > 0) return count(changes, "change");
  const causes = failingCauses(report);
  if (causes.length > 0) return `nothing that apply could change; ${lowerFirst(causesTitle(causes))}`;
  return report.status === "unverified" ? "nothing to do in Azure; the cluster could not be looked into" : "nothing to do";
}

function unverifiedTitle(report: Report): string {
  const isStopped = report.diagnosis?.[0]?.cause === "cluster-ready";
  const undecided = (report.diagnosis ?? []).flatMap(({ cause, consequences }): readonly CheckId[] => [cause, ...consequences]);
  const goal = mechanismIs(report) ? `${goalTitle(report)} in Azure` : "the redirection is not known";
  if (isStopped) return `${goal}; the cluster is stopped`;
  const isPartly = Object.keys(countsOf(report)).length > 0;
  return `${goal}; ${isPartly ? `${count(undecided.length, "check")} could not be made` : "the cluster could not be looked into"}`;
}

/** Whether the mechanism is known to be the one of the mode. */
function mechanismIs({ mode, mesh }: Report): boolean {
  return mesh.redirectionMechanism.after === (mode === "disable" ? INIT_CONTAINERS : CNI_CHAINING);
}

function goalTitle({ mode, mesh }: Report): string {
  if (mode !== "disable") return "CNI chaining is on";
  return /^istio$/i.test(mesh.mode) ? "init containers redirect" : "the mesh is off, so there is nothing to switch back";
}

/** The counts at the end of the run. */
function countsOf({ counts }: Report): MeshCounts {
  return counts?.after ?? {};
}

function changeSentence({ mesh, status, plan }: Report): string {
  const { before, after } = mesh.redirectionMechanism;
  if (before !== after && before !== "" && after !== "") return `Switched from ${mechanismName(before)} to ${mechanismName(after)}.`;
  if (status !== "changed") return "";
  const done = plan.filter(({ id, outcome }) => outcome === "done" && id !== "wait-until-idle").map(({ title }) => lowerFirst(title));
  return done.length === 0 ? "" : `Done: ${done.join(", ")}.`;
}

/** The mechanism in words; a value that is not known is itself. */
function mechanismName(value: string): string {
  if (value === CNI_CHAINING) return "CNI chaining";
  return value === INIT_CONTAINERS ? "init containers" : value;
}

function podSentence(report: Report): string {
  const { podsInMesh, podsRedirected, namespacesProbed = 0, namespacesAdmitted = 0, agentsReady, agentsDesired = 0 } = countsOf(report);
  const isCni = report.mode !== "disable";
  const by = isCni ? "by the CNI agent" : "by istio-init";
  const agent = !isCni || agentsReady === undefined ? "" : agentsDesired === 0 ? ", which does not run any more" : `, which is ready on ${number(agentsReady)} of ${count(agentsDesired, "node")}`;
  if (podsInMesh === undefined || podsRedirected === undefined) return "";
  if (podsInMesh > 0) return `${number(podsRedirected)} of ${count(podsInMesh, "pod")} in the mesh ${podsInMesh === 1 ? "is" : "are"} redirected ${by}${agent}.`;
  const probe = namespacesAdmitted > 0 ? ` A dry-run pod was admitted and injected in ${number(namespacesAdmitted)} of ${count(namespacesProbed, "namespace")}.` : "";
  return `No pod runs in the mesh${agentsDesired === 0 ? "" : `; the CNI agent is ready on ${number(agentsReady ?? 0)} of ${count(agentsDesired, "node")}`}.${probe}`;
}

function refusalSentence(report: Report): string {
  const { namespacesRefused = 0, namespacesProbed = 0, workloadsRefused = 0 } = countsOf(report);
  const probed = namespacesRefused === 0 ? "" : `New pods are refused (${number(namespacesRefused)} of ${count(namespacesProbed, "namespace")} probed)`;
  // The check only warns where admission would let the pods in by now.
  const isOver = report.checks.some(({ id, result }) => id === "workloads-admitted" && result === "warn");
  if (isOver && workloadsRefused > 0) return `${count(workloadsRefused, "workload was", "workloads were")} refused before, and ${workloadsRefused === 1 ? "has" : "have"} not tried again yet.`;
  const workloads = workloadsRefused === 0 ? "" : `${count(workloadsRefused, "workload has", "workloads have")} pods refused`;
  if (probed === "") return workloads === "" ? "" : `${workloads}.`;
  return workloads === "" ? `${probed}.` : `${probed}; ${workloads} already.`;
}

/** The warnings that follow from no cause, which pages list on their own. */
export function warningsOf({ checks, diagnosis = [] }: Report): readonly Check[] {
  const told = new Set(diagnosis.flatMap(({ cause, consequences }) => [cause, ...consequences]));
  return checks.filter(({ id, result }) => result === "warn" && !told.has(id));
}

