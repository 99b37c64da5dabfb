/** Restarts workloads, a few at a time, waits for each rollout, and stops at the first that fails. */
import { podsOf, type RestartTarget, workloadName } from "../../istio/workloads/restart-plan.ts";
import { readWorkload, RESTARTED_AT_ANNOTATION, rolloutObstacle, rolloutProgress, type WorkloadFacts } from "../../istio/workloads/rollout.ts";
import { Get, type KubernetesApi, type Write } from "../../kubernetes/query.ts";
import { readerRight, writerRight } from "../../kubernetes/required-roles.ts";
import { pathSegment } from "../../kubernetes/resource-path.ts";
import { ActionError, DeadlineError, describeFailure, ServiceError } from "../../lib/errors.ts";
import { shellWord } from "../../lib/remedy.ts";
import { paced, poll, type Progress, type RunContext } from "../../lib/run-context.ts";
import { writeObjects } from "./write-objects.ts";

/** The most rollouts in progress at the same time. More would need more room on the nodes, because each rollout creates extra pods. */
export const MAX_PARALLEL = 3;

/**
 * How long a StatefulSet or DaemonSet may show no progress, in milliseconds; Kubernetes sets no deadline for them. A Deployment has one
 * (`progressDeadlineSeconds`, 10 minutes by default) and reports that it was exceeded.
 */
export const STALL_TIMEOUT_MS = 10 * 60_000;

/** What {@link restartWorkloads} needs. */
export interface RestartOptions {
  readonly api: KubernetesApi;
  readonly targets: readonly RestartTarget[];
  readonly context: RunContext;
  /** Called for each workload whose restart the API server has accepted. */
  readonly onRestarted: () => void;
  /** Called if the answer for a workload did not arrive, so that it may have been restarted. */
  readonly onUnanswered: () => void;
}

/** The outcome of each workload. */
export interface RestartResult {
  /** Names of the workloads whose rollout is complete. */
  readonly restarted: readonly string[];
  /** Workloads that were not restarted, and why: `Deployment shop/web: its rollout is paused`. */
  readonly skipped: readonly string[];
}

/**
 * Restarts the workloads and waits for their rollouts.
 *
 * @throws ActionError for the first workload that fails or cannot be changed; its message lists the outcome of every workload
 * @throws DeadlineError if the run reaches its deadline first; its message lists the same
 */
export async function restartWorkloads(options: RestartOptions): Promise<RestartResult> {
  const rollouts = new Rollouts(options);
  const { context } = options;
  try {
    await poll(context, "the rollouts", paced(context, () => rollouts.update()));
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
    const { code, doing, message, remedy } = error;
    throw new DeadlineError({ code, doing, message: `${message} ${rollouts.summary()}`, remedy, cause: error });
  }
  const [first] = rollouts.failures;
  if (first !== undefined) {
    const messages = rollouts.failures.map(({ message }) => message).join(" ");
    throw new ActionError({ code: first.code, doing: "restarting workloads", message: `${messages} ${rollouts.summary()}`, remedy: first.remedy, cause: first.cause });
  }
  return { restarted: rollouts.restarted, skipped: rollouts.skipped };
}

interface ActiveRollout {
  readonly target: RestartTarget;
  state: string;
  /** When the state last changed, in milliseconds since the epoch. */
  since: number;
}

class Rollouts {
  readonly restarted: string[] = [];
  readonly skipped: string[] = [];
  /** Empty until one fails; more than one if they fail in the same update. */
  readonly failures: { readonly code: string; readonly message: string; readonly remedy: string; readonly cause: ServiceError | undefined }[] = [];
  readonly #options: RestartOptions;
  readonly #waiting: RestartTarget[];
  #active: readonly ActiveRollout[] = [];

  constructor(options: RestartOptions) {
    this.#options = options;
    this.#waiting = [...options.targets];
  }

  /** Reads the active rollouts and the next candidates in one batch of queries, then starts new rollouts in one batch of writes. */
  async update(): Promise<Progress<undefined>> {
    const candidates = this.#waiting.slice(0, MAX_PARALLEL);
    const workloads = await this.#read([...this.#active.map(({ target }) => target), ...candidates]);
    this.#active = this.#active.filter((rollout) => this.#isInProgress(rollout, workloads.get(workloadName(rollout.target))));
    if (this.failures.length === 0) await this.#start(candidates, workloads);
    if (this.failures.length > 0) return { done: true, value: undefined };
    if (this.#active.length === 0 && this.#waiting.length === 0) return { done: true, value: undefined };
    const states = this.#active.map(({ target, state }) => `; ${workloadName(target)}: ${state}`);
    return { done: false, state: `${this.restarted.length} of ${this.#options.targets.length} restarted${states.join("")}` };
  }

  /** The outcome of every workload so far. */
  summary(): string {
    const list = (names: readonly string[]): string => (names.length === 0 ? "none" : names.join(", "));
    const active = this.#active.map(({ target }) => workloadName(target));
    const parts = [
      `Restarted: ${list(this.restarted)}.`,
      ...(active.length > 0 ? [`Rollout still in progress: ${list(active)}.`] : []),
      `Not restarted: ${list(this.#waiting.map(workloadName))}.`,
      ...(this.skipped.length > 0 ? [`Skipped: ${list(this.skipped)}.`] : []),
    ];
    return parts.join(" ");
  }

  async #read(targets: readonly RestartTarget[]): Promise<ReadonlyMap<string, ObservedWorkload>> {
    const queries = targets.map((target) => ({ name: workloadName(target), query: workloadQuery(target) }));
    if (queries.length > 0) await this.#options.api.query(queries.map(({ query }) => query));
    return new Map(queries.map(({ name, query }) => [name, query.result]));
  }

  /** Whether a rollout is still in progress; if not, records how it ended. */
  #isInProgress(rollout: ActiveRollout, workload: ObservedWorkload | undefined): boolean {
    const { context, targets } = this.#options;
    const name = workloadName(rollout.target);
    const progress = progressOf(workload, hasPods(rollout.target));
    const now = context.clock.now();
    if (progress.kind === "done") {
      this.restarted.push(name);
      context.log.info(`restarted ${name} (${this.restarted.length} of ${targets.length})`);
      return false;
    }
    if (progress.kind === "waiting") {
      if (progress.state !== rollout.state) {
        rollout.state = progress.state;
        rollout.since = now;
      }
      if (rollout.target.kind === "Deployment" || now - rollout.since < STALL_TIMEOUT_MS) return true;
    }
    const why = progress.kind === "failed" ? progress.why : `it has shown no progress for ${Math.round(STALL_TIMEOUT_MS / 60_000)} minutes (${progress.state})`;
    this.#fail(rollout.target, "RolloutFailed", `the rollout of ${name} failed: ${why}`);
    return false;
  }

  /** Starts as many rollouts as may be active, in the order of the targets. */
  async #start(candidates: readonly RestartTarget[], workloads: ReadonlyMap<string, ObservedWorkload>): Promise<void> {
    const ready: RestartTarget[] = [];
    for (const target of candidates) {
      if (this.#active.length + ready.length >= MAX_PARALLEL) break;
      const name = workloadName(target);
      const workload = workloads.get(name);
      if (workload?.seen !== true) {
        this.#fail(target, "CannotRead", `${name} could not be read: ${workload?.why ?? "no answer."}`, undefined, workload?.remedy);
        return;
      }
      this.#waiting.splice(this.#waiting.indexOf(target), 1);
      const why = workload.value === undefined ? "it does not exist in the API group apps" : obstacleOf(target, workload.value);
      if (why === undefined) ready.push(target);
      else this.skipped.push(`${name}: ${why}`);
    }
    await this.#patch(ready);
  }

  async #patch(targets: readonly RestartTarget[]): Promise<void> {
    const { api, context, onRestarted, onUnanswered } = this.#options;
    if (targets.length === 0) return;
    const now = context.clock.now();
    const answers = await writeObjects(api, targets.map((target) => restartPatch(target, now)), onUnanswered);
    for (const [index, target] of targets.entries()) {
      const answer = answers[index];
      if (answer?.accepted === true) {
        onRestarted();
        context.log.info(`restarting ${workloadName(target)} (${hasPods(target) ? `${target.pods} stale` : "no pods"})`);
        this.#active = [...this.#active, { target, state: "started", since: now }];
        continue;
      }
      this.#waiting.unshift(target);
      const why = answer === undefined ? "no answer" : describeFailure(answer.failure);
      const cause = answer === undefined ? undefined : new ServiceError(answer.failure, answer.remedy);
      this.#fail(target, cause?.code ?? "NoAnswer", `${workloadName(target)} could not be restarted: ${why}`, cause);
    }
  }

  #fail({ kind, namespace, name }: RestartTarget, code: string, message: string, cause?: ServiceError, remedy = cause?.remedy ?? ""): void {
    const command = `kubectl --namespace ${shellWord(namespace, "namespace")} describe ${kind.toLowerCase()} ${shellWord(name, "name")}`;
    const inspect = `Check the workload, its pods and their events, then run again: workloads that are already restarted are not restarted again.\n${command}`;
    this.failures.push({ code, message: `${message.replace(/\.$/, "")}.`, remedy: remedy === "" ? inspect : remedy, cause });
  }
}

type ObservedWorkload = ReturnType<typeof workloadQuery>["result"];

function workloadQuery(target: RestartTarget): Get<WorkloadFacts> {
  const needs = readerRight(`get ${target.kind.toLowerCase()}s`);
  return new Get({ doing: `reading the ${workloadName(target)}`, path: pathOf(target), needs }, (json) => readWorkload(target.kind, json));
}

function pathOf({ kind, namespace, name }: RestartTarget): string {
  return `/apis/apps/v1/namespaces/${pathSegment(namespace)}/${kind.toLowerCase()}s/${pathSegment(name)}`;
}

/** The patch that `kubectl rollout restart` sends. */
function restartPatch(target: RestartTarget, now: number): Write {
  const annotations = { [RESTARTED_AT_ANNOTATION]: new Date(now).toISOString() };
  return {
    doing: `restarting the ${workloadName(target)}`,
    verb: "patch",
    path: pathOf(target),
    dryRun: false,
    body: { spec: { template: { metadata: { annotations } } } },
    needs: writerRight(`patch ${target.kind.toLowerCase()}s`),
  };
}

/** A workload that could not be read is read again with the next update. A workload that was deleted has no rollout. */
function progressOf(workload: ObservedWorkload | undefined, hadPods: boolean): ReturnType<typeof rolloutProgress> {
  if (workload?.seen !== true) return { kind: "waiting", state: `could not be read: ${workload?.why ?? "no answer."}` };
  return workload.value === undefined ? { kind: "failed", why: "it was deleted during the rollout" } : rolloutProgress(workload.value, hadPods);
}

/** Whether a workload is restarted because of its pods; else because it has none. */
function hasPods({ pods }: RestartTarget): boolean {
  return pods > 0;
}

/** A workload without pods may have got some since it was planned. Then it is not touched. */
function obstacleOf(target: RestartTarget, workload: WorkloadFacts): string | undefined {
  return rolloutObstacle(workload, hasPods(target)) ?? (hasPods(target) ? undefined : podsOf(workload.current));
}
