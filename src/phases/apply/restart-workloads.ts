/** Rolls workloads, a few at a time, waits for each, and stops at the first that fails. */
import { ActionError, DeadlineError, describeFailure } from "../../lib/errors.ts";
import { Get, type KubernetesApi, type Write } from "../../kubernetes/query.ts";
import { pathSegment } from "../../kubernetes/resource-path.ts";
import { readerRight, writerRight } from "../../kubernetes/required-roles.ts";
import { shellWord } from "../../checks/remedies.ts";
import { workloadName, type RestartTarget } from "../../istio/workloads/restart-plan.ts";
import { rolloutObstacle, readWorkload, RESTARTED_AT_ANNOTATION, rolloutProgress, type WorkloadFacts } from "../../istio/workloads/rollout.ts";
import { poll, type Progress, type RunContext } from "../../lib/run-context.ts";

/** How many rollouts go on at once: enough to get through, few enough to leave the cluster room for the surplus pods. */
export const AT_ONCE = 3;

/**
 * How long a StatefulSet or DaemonSet may show no progress, in milliseconds; they have no deadline of their own. A Deployment
 * has (`progressDeadlineSeconds`, 10 minutes unless set), and says when it gives up.
 */
export const STALL_MS = 10 * 60_000;

export interface Restarting {
  readonly api: KubernetesApi;
  readonly targets: readonly RestartTarget[];
  readonly context: RunContext;
  /** Told as soon as the first workload was changed. */
  readonly touched: () => void;
}

/** What became of the workloads. */
export interface Restarted {
  readonly rolled: readonly string[];
  /** Left alone, and why: `Deployment shop/web: its rollout is paused`. */
  readonly skipped: readonly string[];
}

/**
 * Restarts the workloads and waits for their rollouts.
 *
 * @throws ActionError at the first that fails or cannot be changed; its message says which were rolled and which were not
 * @throws DeadlineError where the run's time was up first; it says the same
 */
export async function restartWorkloads(options: Restarting): Promise<Restarted> {
  const rollouts = new Rollouts(options);
  try {
    await poll(options.context, "the rollouts", () => rollouts.look());
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
    const { code, doing, message, remedy } = error;
    throw new DeadlineError({ code, doing, message: `${message} ${rollouts.account()}`, remedy, cause: error });
  }
  const [first] = rollouts.failures;
  if (first !== undefined) {
    const messages = rollouts.failures.map(({ message }) => message).join(" ");
    throw new ActionError({ code: first.code, doing: "restarting workloads", message: `${messages} ${rollouts.account()}`, remedy: first.remedy });
  }
  return { rolled: rollouts.rolled, skipped: rollouts.skipped };
}

interface Rolling {
  readonly target: RestartTarget;
  state: string;
  /** When the state last changed, in milliseconds since the epoch. */
  since: number;
}

class Rollouts {
  readonly rolled: string[] = [];
  readonly skipped: string[] = [];
  /** Empty until one fails; several where they fail in the same round. */
  readonly failures: { readonly code: string; readonly message: string; readonly remedy: string }[] = [];
  readonly #options: Restarting;
  readonly #waiting: RestartTarget[];
  #rolling: readonly Rolling[] = [];

  constructor(options: Restarting) {
    this.#options = options;
    this.#waiting = [...options.targets];
  }

  /** One round: looks at what rolls and at what may come next in one batch, then begins what there is room for in another. */
  async look(): Promise<Progress<undefined>> {
    const candidates = this.#waiting.slice(0, AT_ONCE);
    const facts = await this.#read([...this.#rolling.map(({ target }) => target), ...candidates]);
    this.#rolling = this.#rolling.filter((rolling) => this.#goesOn(rolling, facts.get(workloadName(rolling.target))));
    if (this.failures.length === 0) await this.#begin(candidates, facts);
    if (this.failures.length > 0) return { done: true, value: undefined };
    if (this.#rolling.length === 0 && this.#waiting.length === 0) return { done: true, value: undefined };
    const states = this.#rolling.map(({ target, state }) => `${workloadName(target)}: ${state}`);
    return { done: false, state: `${this.rolled.length} of ${this.#options.targets.length} rolled${states.map((state) => `; ${state}`).join("")}` };
  }

  /** Which were rolled, which are still rolling, and which were not begun. */
  account(): string {
    const names = (targets: readonly string[]): string => (targets.length === 0 ? "none" : targets.join(", "));
    const rolling = this.#rolling.map(({ target }) => workloadName(target));
    const parts = [
      `Rolled: ${names(this.rolled)}.`,
      ...(rolling.length > 0 ? [`Begun and not waited for: ${names(rolling)}.`] : []),
      `Not restarted: ${names(this.#waiting.map(workloadName))}.`,
      ...(this.skipped.length > 0 ? [`Left alone: ${names(this.skipped)}.`] : []),
    ];
    return parts.join(" ");
  }

  async #read(targets: readonly RestartTarget[]): Promise<ReadonlyMap<string, Seen>> {
    const queries = targets.map((target) => ({ target, query: askFor(target) }));
    if (queries.length > 0) await this.#options.api.query(queries.map(({ query }) => query));
    return new Map(queries.map(({ target, query: { result: answer } }) => [workloadName(target), answer]));
  }

  /** Whether a rollout is still going on; notes its end where it is not. */
  #goesOn(rolling: Rolling, seen: Seen | undefined): boolean {
    const { context } = this.#options;
    const name = workloadName(rolling.target);
    const progress = progressOf(seen);
    const now = context.clock.now();
    if (progress.kind === "done") {
      this.rolled.push(name);
      context.log.info(`rolled ${name} (${this.rolled.length} of ${this.#options.targets.length})`);
      return false;
    }
    if (progress.kind === "waiting") {
      if (progress.state !== rolling.state) {
        rolling.state = progress.state;
        rolling.since = now;
      }
      if (rolling.target.kind === "Deployment" || now - rolling.since < STALL_MS) return true;
    }
    const why = progress.kind === "failed" ? progress.why : `it has shown no progress for ${Math.round(STALL_MS / 60_000)} minutes (${progress.state})`;
    this.#fail(rolling.target, "RolloutFailed", `the rollout of ${name} failed: ${why}`);
    return false;
  }

  async #begin(candidates: readonly RestartTarget[], facts: ReadonlyMap<string, Seen>): Promise<void> {
    const ready: RestartTarget[] = [];
    for (const target of candidates) {
      if (this.#rolling.length + ready.length >= AT_ONCE) break;
      const name = workloadName(target);
      const seen = facts.get(name);
      if (seen?.seen !== true) {
        this.#fail(target, "CannotRead", `${name} could not be read: ${seen?.why ?? "no answer."}`, seen?.remedy);
        return;
      }
      this.#waiting.splice(this.#waiting.indexOf(target), 1);
      const why = seen.value === undefined ? "there is none of this name in the API group apps (any more)" : rolloutObstacle(seen.value);
      if (why === undefined) ready.push(target);
      else this.skipped.push(`${name}: ${why}`);
    }
    await this.#patch(ready);
  }

  async #patch(targets: readonly RestartTarget[]): Promise<void> {
    const { api, context, touched } = this.#options;
    if (targets.length === 0) return;
    const now = context.clock.now();
    const answers = await api.write(targets.map((target) => restart(target, now)));
    for (const [index, target] of targets.entries()) {
      const answer = answers[index];
      if (answer?.accepted === true) {
        touched();
        context.log.info(`restarting ${workloadName(target)} (${target.pods} stale)`);
        this.#rolling = [...this.#rolling, { target, state: "begun", since: now }];
        continue;
      }
      this.#waiting.unshift(target);
      const why = answer === undefined ? "no answer" : describeFailure(answer.failure);
      this.#fail(target, answer?.failure.code ?? "NoAnswer", `${workloadName(target)} could not be restarted: ${why}`, answer?.remedy);
    }
  }

  #fail(target: RestartTarget, code: string, message: string, remedy = ""): void {
    const { kind, namespace, name } = target;
    const command = `kubectl -n ${shellWord(namespace, "namespace")} describe ${kind.toLowerCase()} ${shellWord(name, "name")}`;
    const look = `Look at it: ${command}, and at its pods and events. Then run again: what is rolled already is left alone.`;
    this.failures.push({ code, message: `${message.replace(/\.$/, "")}.`, remedy: remedy === "" ? look : remedy });
  }
}

type Seen = ReturnType<typeof askFor>["result"];

function askFor({ kind, namespace, name }: RestartTarget): Get<WorkloadFacts> {
  const plural = `${kind.toLowerCase()}s`;
  return new Get(
    {
      doing: `reading the ${kind} ${namespace}/${name}`,
      path: pathOf({ kind, namespace, name }),
      needs: readerRight(`get ${plural}`),
    },
    (json) => readWorkload(kind, json),
  );
}

function pathOf({ kind, namespace, name }: Pick<RestartTarget, "kind" | "namespace" | "name">): string {
  return `/apis/apps/v1/namespaces/${pathSegment(namespace)}/${kind.toLowerCase()}s/${pathSegment(name)}`;
}

/** What `kubectl rollout restart` sends. */
function restart(target: RestartTarget, now: number): Write {
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

/** A workload that could not be read this time may be readable the next; one that is gone needs no rollout. */
function progressOf(seen: Seen | undefined): ReturnType<typeof rolloutProgress> {
  if (seen?.seen !== true) return { kind: "waiting", state: `could not be read: ${seen?.why ?? "no answer."}` };
  return seen.value === undefined ? { kind: "failed", why: "it was deleted meanwhile" } : rolloutProgress(seen.value);
}
