/** The state of a run, from which its report can be made at any time. */
import { CLUSTER_ID } from "../../azure/resource-id.ts";
import type { PutBody } from "../../azure/put-body.ts";
import type { CheckResult } from "../../checks/check-result.ts";
import { diagnose, missingRights } from "../../checks/diagnosis.ts";
import type { LastWrite, Mode, RedirectionMechanism, Report, Status } from "../../contract.ts";
import { meshCounts } from "../../istio/mesh-counts.ts";
import type { Snapshot } from "../../istio/observation.ts";
import { redirectionOf } from "../../istio/redirection.ts";
import { type PodCensus, restartable } from "../../istio/pods/pod-census.ts";
import { explain, ServiceError } from "../../lib/errors.ts";
import { missingRight } from "../../lib/error-table.ts";
import type { Observed } from "../../lib/observed.ts";
import { fillPlaceholders, type PlaceholderValues } from "../../lib/remedy.ts";
import type { RunContext } from "../../lib/run-context.ts";
import type { StepTracker } from "../../phases/apply/step-tracker.ts";
import type { Config } from "../../phases/config.ts";
import { goalOf } from "../../phases/plan/plan.ts";
import type { ObserverUpdate } from "../../phases/observe/cluster-observer.ts";
import { statusOf } from "../../report/status.ts";
import type { Target } from "./inputs.ts";

const NO_PODS: Report["pods"] = { total: 0, byState: {}, offenders: [], offendersNotListed: 0 };

/** What a run knows so far. The phases set the properties; `report` reads them. */
export class RunState {
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  config: Config | undefined;
  /** Mode and cluster by the inputs, for a run that ends before it has read the cluster. */
  target: Target = { mode: "plan", cluster: "", clusterId: "" };
  /** Hints for inputs that are not known. */
  readonly inputHints: string[] = [];
  /** Which credential is used, for the summary. */
  identity = "none";
  /** Which transport to the Kubernetes API is used, or why none, for the summary. */
  access = "none";
  /** The latest snapshots from before and after the first step. */
  before: Snapshot | undefined;
  after: Snapshot | undefined;
  /** The mechanism that the run should reach. */
  mechanism: RedirectionMechanism | undefined;
  tracker: StepTracker | undefined;
  checks: readonly CheckResult[] = [];
  /** The PUT of the plan, sent or not; undefined if none is needed. */
  put: PutBody | undefined;
  warnings: readonly string[] = [];
  /** The last writes of the cluster before the run; undefined if the activity log was not asked, because there is no drift. */
  lastWrites: Observed<readonly LastWrite[]> | undefined;
  /** The error that ended the run; undefined if none did. */
  error: unknown;
  context: RunContext | undefined;

  /** @param startedAt milliseconds since the epoch */
  constructor(startedAt: number) {
    this.startedAt = startedAt;
  }

  /** Stores the latest snapshot of the observer. */
  readonly onUpdate = ({ moment, snapshot, checks, warnings }: ObserverUpdate): void => {
    this[moment] = snapshot;
    this.checks = checks;
    this.warnings = warnings;
  };

  get mode(): Mode {
    return this.config?.mode ?? this.target.mode;
  }

  get status(): Status {
    // Waiting for another operation changes nothing, so it does not count as drift.
    const planned = this.tracker?.steps.filter(({ id, outcome }) => outcome === "planned" && id !== "wait-until-idle").length ?? 0;
    return statusOf({ mode: this.mode, changed: this.changed, checks: this.checks, plannedSteps: planned, error: this.error !== undefined });
  }

  get changed(): boolean {
    return this.tracker?.changed ?? false;
  }

  /** Ready and desired pods of the CNI DaemonSet, such as `3/3`; undefined if the DaemonSet was not observed. */
  get daemonsetReady(): string | undefined {
    const observation = this.#latest?.observation;
    if (observation?.seen !== true || !observation.value.daemonSet.seen) return undefined;
    const daemonSet = observation.value.daemonSet.value;
    return daemonSet === undefined ? "0/0" : `${daemonSet.ready}/${daemonSet.desired}`;
  }

  /** How many workloads need a restart; undefined if the pods were not observed. */
  get staleWorkloads(): number | undefined {
    const census = this.#census;
    return census === undefined || this.mechanism === undefined ? undefined : restartable(census, this.mechanism).length;
  }

  /** The JSON report of the run so far. @param finishedAt milliseconds since the epoch */
  report(finishedAt: number): Report {
    const cluster = this.#latest?.cluster;
    const census = this.#census;
    const explained = this.error === undefined ? undefined : explain(this.error);
    const values = this.#placeholders(explained?.correlationId ?? "");
    const error = explained === undefined ? undefined : { ...explained, remedy: fillPlaceholders(explained.remedy, values) };
    const checks = this.checks.map((check) => ({ ...check, remedy: fillPlaceholders(check.remedy, values) }));
    const diagnosis = diagnose(checks);
    const missing = missingRights(checks, this.error instanceof ServiceError ? missingRight(this.error.failure) : undefined);
    return {
      schemaVersion: 1,
      mode: this.mode,
      status: this.status,
      startedAt: new Date(this.startedAt).toISOString(),
      finishedAt: new Date(finishedAt).toISOString(),
      cluster: {
        id: cluster?.id ?? this.target.clusterId,
        name: cluster?.name ?? this.target.cluster,
        location: cluster?.location ?? "",
        sku: cluster?.sku ?? "",
        kubernetesVersion: cluster === undefined ? "" : cluster.currentKubernetesVersion || cluster.kubernetesVersion,
        provisioningState: cluster?.provisioningState ?? "",
        powerState: cluster?.powerState ?? "",
      },
      mesh: {
        mode: cluster?.mesh.mode ?? "",
        revisions: cluster?.mesh.revisions ?? [],
        redirectionMechanism: {
          before: this.before === undefined ? "" : redirectionOf(this.before).mechanism,
          after: this.#latest === undefined ? "" : redirectionOf(this.#latest).mechanism,
        },
      },
      feature: {
        name: this.before?.feature.name ?? "Microsoft.ContainerService/IstioCNIPreview",
        before: this.before?.feature.state ?? "Unknown",
        after: this.#latest?.feature.state ?? "Unknown",
      },
      plan: this.tracker?.steps ?? [],
      checks: checks.map(({ id, title, result, message, evidence, remedy }) => ({ id, title, result, message, evidence, remedy })),
      ...(diagnosis.length === 0 ? {} : { diagnosis }),
      ...(missing.length === 0 ? {} : { missingRights: missing }),
      ...this.#counts,
      pods:
        census === undefined
          ? NO_PODS
          : { total: census.total, byState: census.byState, offenders: census.offenders, offendersNotListed: census.offendersNotListed },
      requests: { arm: 0, kubernetes: 0, retried: 0, ...this.context?.requests },
      ...(this.lastWrites?.seen === true ? { lastWrites: this.lastWrites.value } : {}),
      ...(error === undefined ? {} : { error }),
    };
  }

  get #counts(): Pick<Report, "counts"> {
    const { before, after, config } = this;
    const latest = this.#latest;
    if (latest === undefined || config === undefined) return {};
    const goal = goalOf(config);
    return { counts: { ...(before === undefined || after === undefined ? {} : { before: meshCounts(before, goal) }), after: meshCounts(latest, goal) } };
  }

  #placeholders(correlationId: string): PlaceholderValues {
    const id = this.#latest?.cluster.id ?? this.target.clusterId;
    const [, subscription = "", group = "", cluster = ""] = CLUSTER_ID.exec(id) ?? [];
    return {
      GROUP: group || (this.config?.resourceGroup ?? ""),
      CLUSTER: cluster || this.target.cluster,
      SUBSCRIPTION: subscription || (this.config?.subscriptionId ?? ""),
      CLUSTER_ID: id,
      LOCATION: this.#latest?.cluster.location ?? "",
      CORRELATION_ID: correlationId,
    };
  }

  get #latest(): Snapshot | undefined {
    return this.after ?? this.before;
  }

  get #census(): PodCensus | undefined {
    const observation = this.#latest?.observation;
    return observation?.seen === true && observation.value.pods.seen ? observation.value.pods.value : undefined;
  }
}
