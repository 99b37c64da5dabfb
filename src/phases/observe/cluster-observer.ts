/** Observes Azure and the cluster, and publishes each snapshot with its check results. */
import type { ManagedCluster } from "../../azure/managed-cluster.ts";
import type { FeatureReading } from "../../azure/preview-feature.ts";
import type { CheckResult } from "../../checks/check-result.ts";
import { evaluate } from "../../checks/evaluate.ts";
import { type ClusterFacts, readClusterFacts } from "../../istio/cluster-facts.ts";
import type { Goal } from "../../istio/goal.ts";
import type { Snapshot } from "../../istio/observation.ts";
import type { Connection } from "../../kubernetes/connect.ts";
import type { RunContext } from "../../lib/run-context.ts";
import type { Config } from "../config.ts";
import { observeCluster, warningsOf } from "./observe-cluster.ts";
import { observeRefused } from "./observe-refused.ts";
import { observeRollout } from "./observe-rollout.ts";

/** The latest snapshot, as the report shows it if the run ends now. */
export interface ObserverUpdate {
  /** Whether the snapshot was taken before or after the first step of the run. */
  readonly moment: "before" | "after";
  readonly snapshot: Snapshot;
  /** Empty until the cluster has been observed. */
  readonly checks: readonly CheckResult[];
  /** Warnings of the API server, each text once. */
  readonly warnings: readonly string[];
}

/** What a {@link ClusterObserver} needs. */
export interface ObserverOptions {
  readonly config: Pick<Config, "probe" | "labelNamespaces">;
  readonly goal: Goal;
  readonly cluster: Pick<ManagedCluster, "read">;
  readonly connection: Connection;
  readonly context: Pick<RunContext, "clock" | "signal">;
  /** Called with each new snapshot. */
  readonly onUpdate: (update: ObserverUpdate) => void;
}

/** Keeps the latest readings of a run, and combines them into snapshots. */
export class ClusterObserver {
  readonly #options: ObserverOptions;
  /** The latest readings of Azure. */
  #azure: Omit<Snapshot, "observation">;
  #observation: Snapshot["observation"] = { seen: false, why: "The run ended before the cluster was observed.", remedy: "" };

  /** @param azure the first readings of Azure */
  constructor(azure: { readonly facts: ClusterFacts } & Pick<Snapshot, "feature" | "supportedRevisions">, options: ObserverOptions) {
    const { facts, feature, supportedRevisions } = azure;
    this.#options = options;
    this.#azure = { cluster: facts, feature, ...(supportedRevisions === undefined ? {} : { supportedRevisions }) };
  }

  /** Observes the cluster for the first time; uses the readings of Azure that the observer was created with. */
  async observeFirst(): Promise<Snapshot> {
    // Published before the observation, so that the report shows Azure's answers if the observation ends the run.
    this.#options.onUpdate({ moment: "before", snapshot: this.#snapshot(), checks: [], warnings: [] });
    await this.#observe();
    return this.#publish("before");
  }

  /** Observes Azure and the cluster again. */
  async observeAgain(): Promise<Snapshot> {
    this.onCluster(readClusterFacts((await this.#options.cluster.read()).body));
    await this.#observe();
    return this.#publish("after");
  }

  /** Reads again what the rollout of the CNI agent changes; sends no request if the cluster has not been observed. */
  async observeRollout(): Promise<Snapshot> {
    const { goal, connection } = this.#options;
    const snapshot = this.#snapshot();
    const latest = snapshot.observation;
    if (!latest.seen || connection.kind === "unavailable") return snapshot;
    const read = await observeRollout(snapshot, goal, connection.api);
    this.#observation = { seen: true, value: { ...latest.value, ...read } };
    return this.#publish("after");
  }

  /** Reads the refused workloads again. The rest of the result is from the latest observation, so that it is not published. */
  async observeRefused(): Promise<Snapshot> {
    const { goal, connection } = this.#options;
    const latest = this.#observation;
    if (!latest.seen || connection.kind === "unavailable") return this.#snapshot();
    const read = await observeRefused(latest.value, goal.namespaces, connection.api);
    return { ...this.#azure, observation: { seen: true, value: { ...latest.value, ...read } } };
  }

  /** Records a reading of the cluster that a step has made. */
  readonly onCluster = (cluster: ClusterFacts): void => {
    this.#azure = { ...this.#azure, cluster };
  };

  /** Records a reading of the feature that a step has made. */
  readonly onFeature = (feature: FeatureReading): void => {
    this.#azure = { ...this.#azure, feature };
  };

  /** Publishes the latest readings of Azure, without new requests. */
  publishAzure(): void {
    this.#publish("after");
  }

  async #observe(): Promise<void> {
    const { config, goal, connection, context } = this.#options;
    this.#observation = await observeCluster(this.#azure.cluster, connection, {
      scope: goal.namespaces,
      mechanism: goal.mechanism,
      now: context.clock.now(),
      pause: (ms) => context.clock.sleep(ms, context.signal),
      noProbeReason: config.probe ? undefined : "The input probe is false.",
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
