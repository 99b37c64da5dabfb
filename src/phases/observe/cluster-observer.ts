/** Looks at cluster and mesh as often as it is asked to, and keeps the run's record up to date while it does. */
import type { AzureConnection } from "../../azure/connect.ts";
import type { FeatureReading, PreviewFeature } from "../../azure/preview-feature.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Config } from "../../actions/istio-cni/inputs.ts";
import type { Connection } from "../../kubernetes/connect.ts";
import type { Goal } from "../../checks/check-result.ts";
import type { ClusterFacts, Snapshot } from "../../istio/observation.ts";
import { latestFacts } from "./observe-azure.ts";
import { observeCluster, warningsOf } from "./observe-cluster.ts";
import type { RunState } from "../../actions/istio-cni/run-state.ts";
import { verify } from "../verify/wait-for-rollout.ts";

export interface ObserverOptions {
  readonly config: Pick<Config, "probe" | "labelNamespaces">;
  readonly goal: Goal;
  readonly azure: Pick<AzureConnection, "cluster">;
  /** Undefined where `register-feature` is never. */
  readonly feature: PreviewFeature | undefined;
  readonly connection: Connection;
  readonly clock: Clock;
  readonly record: RunState;
}

export class ClusterObserver {
  readonly #parts: ObserverOptions;

  constructor(parts: ObserverOptions) {
    this.#parts = parts;
    parts.record.mechanism = parts.goal.mechanism;
    parts.record.access = parts.connection.kind === "connected" ? parts.connection.description : `none: ${parts.connection.why}`;
  }

  /** The first look, at what Azure has just said and at the inside of the cluster. */
  async observeFirst(seen: { readonly facts: ClusterFacts; readonly feature: FeatureReading }): Promise<Snapshot> {
    const { record, goal } = this.#parts;
    // Before the inside is asked: should that end the run, what Azure said is in the report.
    record.before = { cluster: seen.facts, feature: seen.feature, observation: { seen: false, why: "The run ended before the cluster was looked into.", remedy: "" } };
    record.before = { ...record.before, observation: await this.#inside(seen.facts, true) };
    record.checks = verify(record.before, goal);
    return record.before;
  }

  /** A new look at everything; `probing` asks admission as well. */
  async observeAgain(probing: boolean): Promise<Snapshot> {
    const { azure, record, goal } = this.#parts;
    await azure.cluster.read();
    const latest = this.#latest();
    if (latest === undefined) throw new Error("the cluster was read and is not known");
    const after = { ...latest, observation: await this.#inside(latest.cluster, probing) };
    record.after = after;
    record.checks = verify(after, goal);
    return after;
  }

  /** Takes over what Azure said last, in whatever step, without asking anew. */
  takeAzure(before: Snapshot): void {
    const { record, goal } = this.#parts;
    record.after = { ...before, ...this.#latest() };
    record.checks = verify(record.after, goal);
  }

  #latest(): Pick<Snapshot, "cluster" | "feature"> | undefined {
    const { azure, feature, record } = this.#parts;
    const cluster = latestFacts(azure.cluster);
    const flag = feature?.latest ?? record.before?.feature;
    return cluster === undefined || flag === undefined ? undefined : { cluster, feature: flag };
  }

  async #inside(facts: ClusterFacts, probing: boolean): Promise<Snapshot["observation"]> {
    const { config, goal, connection, clock, record } = this.#parts;
    const observation = await observeCluster(facts, connection, {
      scope: goal.namespaces,
      mechanism: goal.mechanism,
      now: clock.now(),
      noProbe: config.probe ? (probing ? undefined : "The run ended before admission was asked.") : "The input probe is false.",
      revisionsInUse: config.labelNamespaces,
    });
    record.warnings = warningsOf(connection);
    return observation;
  }
}
