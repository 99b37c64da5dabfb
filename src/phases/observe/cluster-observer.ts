/** Observes Azure and the cluster as often as the run needs, and hands each snapshot with its check results to the run. */
import type { FeatureReading } from "../../azure/preview-feature.ts";
import type { CheckResult } from "../../checks/check-result.ts";
import { evaluate } from "../../checks/evaluate.ts";
import { type ClusterFacts, readClusterFacts } from "../../istio/cluster-facts.ts";
import type { Goal } from "../../istio/goal.ts";
import type { Snapshot } from "../../istio/observation.ts";
import type { ManagedCluster } from "../../azure/managed-cluster.ts";
import type { Connection } from "../../kubernetes/connect.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Config } from "../config.ts";
import { observeCluster, warningsOf } from "./observe-cluster.ts";

/** The latest snapshot: what a report of the run would show if the run ended now. */
export interface ObserverUpdate {
  /** Whether the snapshot is from before or after the run began to change anything. */
  readonly moment: "before" | "after";
  readonly snapshot: Snapshot;
  /** Empty as long as the inside of the cluster has not been observed. */
  readonly checks: readonly CheckResult[];
  /** What the API server warned of, each text once. */
  readonly warnings: readonly string[];
}

export interface ObserverOptions {
  readonly config: Pick<Config, "probe" | "labelNamespaces">;
  readonly goal: Goal;
  readonly cluster: Pick<ManagedCluster, "read">;
  readonly connection: Connection;
  readonly clock: Clock;
  readonly onUpdate: (update: ObserverUpdate) => void;
}

export class ClusterObserver {
  readonly #options: ObserverOptions;
  /** What Azure answered last. */
  #azure: Pick<Snapshot, "cluster" | "feature">;
  #observation: Snapshot["observation"] = { seen: false, why: "The run ended before the cluster was looked into.", remedy: "" };

  /** @param azure what Azure has just answered */
  constructor(azure: { readonly facts: ClusterFacts; readonly feature: FeatureReading }, options: ObserverOptions) {
    this.#options = options;
    this.#azure = { cluster: azure.facts, feature: azure.feature };
  }

  /** The first observation of the cluster, with what Azure answered already. */
  async observeFirst(): Promise<Snapshot> {
    // Should the observation end the run, the report still shows what Azure answered.
    this.#options.onUpdate({ moment: "before", snapshot: this.#snapshot(), checks: [], warnings: [] });
    await this.#observe(true);
    return this.#publish("before");
  }

  /** Observes Azure and the cluster anew; `probing` sends the admission probe as well. */
  async observeAgain(probing: boolean): Promise<Snapshot> {
    this.onCluster(readClusterFacts((await this.#options.cluster.read()).body));
    await this.#observe(probing);
    return this.#publish("after");
  }

  /** Azure answered this in a step. */
  readonly onCluster = (cluster: ClusterFacts): void => {
    this.#azure = { ...this.#azure, cluster };
  };

  /** Azure answered this in a step. */
  readonly onFeature = (feature: FeatureReading): void => {
    this.#azure = { ...this.#azure, feature };
  };

  /** Reports the latest readings of Azure, without new requests. */
  publishAzure(): void {
    this.#publish("after");
  }

  async #observe(probing: boolean): Promise<void> {
    const { config, goal, connection, clock } = this.#options;
    this.#observation = await observeCluster(this.#azure.cluster, connection, {
      scope: goal.namespaces,
      mechanism: goal.mechanism,
      now: clock.now(),
      noProbe: config.probe ? (probing ? undefined : "The run ended before admission was asked.") : "The input probe is false.",
      revisionsInUse: config.labelNamespaces,
    });
  }

  #publish(moment: ObserverUpdate["moment"]): Snapshot {
    const { goal, connection, onUpdate } = this.#options;
    const snapshot = this.#snapshot();
    onUpdate({ moment, snapshot, checks: evaluate(snapshot, goal), warnings: warningsOf(connection) });
    return snapshot;
  }

  #snapshot(): Snapshot {
    return { ...this.#azure, observation: this.#observation };
  }
}
