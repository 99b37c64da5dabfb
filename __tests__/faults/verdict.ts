/** Whether a run may end as it did, given how the same run ends where nothing goes wrong. */
import { isDeepStrictEqual } from "node:util";
import { CNI_CHAINING, INIT_CONTAINERS, type Mode } from "../../src/contract.ts";
import { ActionError } from "../../src/errors.ts";
import { mechanismAt } from "../../simulator/world.ts";
import { isObject, type Json, textAt } from "../../simulator/json.ts";
import { MECHANISM_PATH } from "../../simulator/azure/operations.ts";
import { type RunEnd, TIMEOUT_MINUTES } from "./one-run.ts";

/** How a run ended, as a column of the matrix. */
export type Ending = "same" | "failed clearly" | "unverified" | "disallowed";

export interface Verdict {
  readonly ending: Ending;
  /** What must not be; empty where the end is allowed. */
  readonly problems: readonly string[];
}

const REQUEST_TIMEOUT_MS = 100_000;
/** The run's own end comes so much after its deadline. */
const LAST_WORDS_MS = 2000;

/** Judges a run by the world it leaves behind, not by its own words. */
export function judge(run: RunEnd, clean: RunEnd, mode: Mode): Verdict {
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
