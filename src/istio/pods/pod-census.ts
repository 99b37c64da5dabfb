/**
 * Counts what a cluster's pods are, one pod at a time. Each pod is dropped once it is counted, so that memory grows with
 * the number of workloads and nodes and not with that of pods. The outcome does not depend on the order of the pods.
 */
import { CNI_CHAINING, type ObjectName, type Offender, type PodState, type RedirectionMechanism } from "../../contract.ts";
import type { InjectionRules } from "../injection/injection-rules.ts";
import { severity, findingDetail } from "./pod-finding.ts";
import { hasIstioContainer, type PodFacts, readPod } from "./pod.ts";
import { type OwnerLookup, workloadOf } from "./pod-owner.ts";
import { istioProxy, lacksProxy, podState, runningState } from "./pod-state.ts";
import { inScope, type NamespaceScope } from "../injection/namespace-scope.ts";
import { isRedirected, complianceOf } from "./pod-compliance.ts";
import { isSystemNamespace } from "../injection/system-namespaces.ts";
import { TopList } from "../../lib/top-list.ts";

/** How many offenders a census lists. */
export const MAX_OFFENDERS = 50;
/** How many pods a census names where it only gives examples. */
export const MAX_SAMPLE = 10;

/** A workload with pods that should be replaced. */
export interface StaleWorkload {
  readonly namespace: string;
  readonly owner: ObjectName;
  /** The gravest state among its pods that should be replaced. */
  readonly state: PodState;
  /** How many of its pods should be replaced. */
  readonly pods: number;
}

export interface PodCensus {
  /** Pods counted: those of the namespaces in scope, and all that have anything to do with the mesh. */
  readonly total: number;
  readonly byState: Readonly<Partial<Record<PodState, number>>>;
  /** What became of redirection in the pods of state `cni`. */
  readonly running: { readonly effective: number; readonly notProgrammed: number; readonly pending: number };
  /** Pods that are not what they should be, the gravest first, at most {@link MAX_OFFENDERS}. */
  readonly offenders: readonly Offender[];
  readonly offendersNotListed: number;
  /** Each workload once; includes those of a dangling revision, which a restart alone does not help. */
  readonly staleWorkloads: readonly StaleWorkload[];
  /** Nodes on which redirected pods run, and how many. */
  readonly meshedNodes: readonly { readonly name: string; readonly pods: number }[];
  /**
   * Pods of state `cni` with a classic sidecar whose application has init containers: these run redirected before Envoy
   * does, and have no network.
   */
  readonly classicWithInit: {
    readonly count: number;
    readonly sample: readonly { readonly namespace: string; readonly name: string; readonly containers: readonly string[] }[];
  };
  /** Pods in which redirection works and istio-proxy has not been ready for a while. */
  readonly withoutProxy: { readonly count: number; readonly sample: readonly { readonly namespace: string; readonly name: string }[] };
}

/** Workloads that a restart makes right, for a given mechanism. Their number is the `stale-workloads` output. */
export function restartable(census: PodCensus, mechanism: RedirectionMechanism): readonly StaleWorkload[] {
  return census.staleWorkloads.filter((workload) => complianceOf(workload.state, mechanism) === "stale");
}

type Sample = PodCensus["classicWithInit"]["sample"][number];

export class PodCounter {
  readonly #rules: InjectionRules;
  readonly #now: number;
  readonly #ownerOf: OwnerLookup;
  readonly #mechanism: RedirectionMechanism;
  readonly #scope: NamespaceScope;
  readonly #isInScope: (namespace: string) => boolean;

  #total = 0;
  readonly #byState = new Map<PodState, number>();
  readonly #running = { effective: 0, notProgrammed: 0, pending: 0 };
  readonly #offenders = new TopList<Offender>(MAX_OFFENDERS, compareOffenders);
  readonly #stale = new Map<string, StaleWorkload>();
  readonly #nodes = new Map<string, number>();
  readonly #classicWithInit = new TopList<Sample>(MAX_SAMPLE, compareNames);
  readonly #withoutProxy = new TopList<Named>(MAX_SAMPLE, compareNames);

  /** `now` is in milliseconds since the epoch. */
  constructor(
    rules: InjectionRules,
    scope: NamespaceScope,
    now: number,
    ownerOf: OwnerLookup,
    mechanism: RedirectionMechanism = CNI_CHAINING,
  ) {
    this.#rules = rules;
    this.#scope = scope;
    this.#isInScope = inScope(scope, rules);
    this.#now = now;
    this.#ownerOf = ownerOf;
    this.#mechanism = mechanism;
  }

  /** Counts a Pod as the API gave it; passes over what is no pod, is past, or has nothing to do with the run. */
  add(podJson: unknown): void {
    const pod = readPod(podJson);
    if (pod === undefined || pod.isPast || !this.#counts(pod)) return;
    const state = podState(pod, this.#rules);
    this.#total += 1;
    this.#byState.set(state, (this.#byState.get(state) ?? 0) + 1);
    if (isRedirected(state) && pod.nodeName !== "") {
      this.#nodes.set(pod.nodeName, (this.#nodes.get(pod.nodeName) ?? 0) + 1);
    }
    const works = state !== "cni" || this.#countCni(pod);
    this.#weigh(pod, state, works);
  }

  /** The census so far. */
  census(): PodCensus {
    return {
      total: this.#total,
      byState: Object.fromEntries([...this.#byState].sort(([a], [b]) => compareText(a, b))),
      running: { ...this.#running },
      offenders: this.#offenders.items(),
      offendersNotListed: this.#offenders.left(),
      staleWorkloads: [...this.#stale.values()].sort(compareWorkloads),
      meshedNodes: [...this.#nodes]
        .map(([name, pods]) => ({ name, pods }))
        .sort((a, b) => compareText(a.name, b.name)),
      classicWithInit: {
        count: this.#classicWithInit.items().length + this.#classicWithInit.left(),
        sample: this.#classicWithInit.items(),
      },
      withoutProxy: {
        count: this.#withoutProxy.items().length + this.#withoutProxy.left(),
        sample: this.#withoutProxy.items(),
      },
    };
  }

  /**
   * Pods in scope count. In the default scope so does every pod outside AKS' own namespaces that the mesh has touched or
   * would touch; where namespaces were named, others are somebody else's.
   */
  #counts(pod: PodFacts): boolean {
    if (this.#isInScope(pod.namespace)) return true;
    if (!this.#scope.isDefault || isSystemNamespace(pod.namespace)) return false;
    return hasIstioContainer(pod) || this.#rules.selects(pod.namespace, pod.labels);
  }

  /** Notes how redirection does in a pod of state `cni`; false where it does not work. */
  #countCni(pod: PodFacts): boolean {
    if (istioProxy(pod)?.form === "classic" && pod.redirectedAppInits.length > 0) {
      const { namespace, name, redirectedAppInits } = pod;
      this.#classicWithInit.add({ namespace, name, containers: redirectedAppInits });
    }
    switch (runningState(pod, this.#now)) {
      case "effective":
        this.#running.effective += 1;
        if (lacksProxy(pod, this.#now)) this.#withoutProxy.add({ namespace: pod.namespace, name: pod.name });
        return true;
      case "pending":
        this.#running.pending += 1;
        return true;
      case "not-programmed":
        this.#running.notProgrammed += 1;
        return false;
    }
  }

  #weigh(pod: PodFacts, state: PodState, works: boolean): void {
    const compliance = complianceOf(state, this.#mechanism);
    if (compliance === "indifferent" || (compliance === "right" && works)) return;
    const { namespace, name } = pod;
    const owner = workloadOf(pod, this.#ownerOf);
    const detail = findingDetail(pod, state, this.#mechanism, this.#rules);
    this.#offenders.add({ namespace, name, owner, state, detail });

    if (compliance !== "stale" && state !== "dangling-revision") return;
    const key = `${namespace}/${owner.kind}/${owner.name}`;
    const known = this.#stale.get(key);
    const gravest = known !== undefined && severity(known.state) < severity(state) ? known.state : state;
    this.#stale.set(key, { namespace, owner, state: gravest, pods: (known?.pods ?? 0) + 1 });
  }
}

interface Named {
  readonly namespace: string;
  readonly name: string;
}

function compareOffenders(a: Offender, b: Offender): number {
  return severity(a.state) - severity(b.state) || compareNames(a, b);
}

function compareNames(a: Named, b: Named): number {
  return compareText(a.namespace, b.namespace) || compareText(a.name, b.name);
}

function compareWorkloads(a: StaleWorkload, b: StaleWorkload): number {
  return (
    compareText(a.namespace, b.namespace) ||
    compareText(a.owner.kind, b.owner.kind) ||
    compareText(a.owner.name, b.owner.name)
  );
}

/** By code units: the same on every machine, whatever its locale. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
