/**
 * Counts the pods of a cluster by their state, one pod at a time. No pod stays in memory after it is counted, so memory grows
 * with the number of workloads and nodes, not of pods. The result does not depend on the order of the pods.
 */
import { CNI_CHAINING, type Offender, type PodState, type RedirectionMechanism } from "../../contract.ts";
import type { InjectionRules } from "../injection/injection-rules.ts";
import { type FailedPod, FailedPods } from "./failed-pods.ts";
import { findingDetail, redirectionDetail } from "./pod-finding.ts";
import { hasIstioContainer, hasRedirectingContainer, type PodFacts, readPod } from "./pod.ts";
import { type OwnerLookup, workloadOf } from "./pod-owner.ts";
import { failedValidationAt, foundNoRedirection, istioProxy, lacksReadyProxy, podState, type Redirection, redirectionState, validationExit } from "./pod-state.ts";
import { inScope, type NamespaceScope } from "../injection/namespace-scope.ts";
import { MAX_EXAMPLES, MAX_OFFENDERS, type PodCensus, type PodName, type StaleWorkload } from "./pod-census.ts";
import { complianceOf, isRedirected, severityRank } from "./pod-compliance.ts";
import { isSystemNamespace } from "../injection/system-namespaces.ts";
import { TopList } from "../../lib/top-list.ts";

type InitContainerExample = PodCensus["initContainersWithoutNetwork"]["examples"][number];

/** Collects a census: {@link PodCensusBuilder.add} each pod, then {@link PodCensusBuilder.build}. */
export class PodCensusBuilder {
  readonly #rules: InjectionRules;
  readonly #now: number;
  readonly #ownerOf: OwnerLookup;
  readonly #mechanism: RedirectionMechanism;
  readonly #scope: NamespaceScope;
  readonly #isInScope: (namespace: string) => boolean;

  #total = 0;
  readonly #byState = new Map<PodState, number>();
  readonly #redirection = { effective: 0, notProgrammed: 0, pending: 0 };
  readonly #stuck = { "no-sandbox": 0, "not-started": 0, "validation-fails": 0 };
  readonly #failed = new FailedPods();
  readonly #awaitingRepair = new TopList<PodCensus["awaitingRepair"]["examples"][number]>(MAX_EXAMPLES, compareNames);
  readonly #bypassing = new TopList<PodCensus["bypassing"]["examples"][number]>(MAX_EXAMPLES, compareNames);
  readonly #withoutSandbox = new TopList<Offender>(MAX_OFFENDERS, compareOffenders);
  readonly #offenders = new TopList<Offender>(MAX_OFFENDERS, compareOffenders);
  readonly #stale = new Map<string, StaleWorkload>();
  readonly #nodes = new Map<string, number>();
  readonly #brokenOnNodes = new Set<string>();
  readonly #initContainersWithoutNetwork = new TopList<InitContainerExample>(MAX_EXAMPLES, compareNames);
  readonly #withoutReadyProxy = new TopList<PodName>(MAX_EXAMPLES, compareNames);

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

  /** Counts a Pod object of the API. Ignores other values, excluded pods, and pods that are neither in scope nor in the mesh. */
  add(podJson: unknown): void {
    const pod = readPod(podJson);
    if (pod !== undefined) this.addFacts(pod);
  }

  /** Counts a pod that was read before. */
  addFacts(pod: PodFacts): void {
    if ((pod.isExcluded && !pod.hasFailed) || !this.#isCounted(pod)) return;
    const state = podState(pod, this.#rules);
    if (pod.hasFailed) {
      this.#addFailed(pod, state);
      return;
    }
    this.#total += 1;
    this.#byState.set(state, (this.#byState.get(state) ?? 0) + 1);
    if (isRedirected(state) && pod.nodeName !== "") {
      this.#nodes.set(pod.nodeName, (this.#nodes.get(pod.nodeName) ?? 0) + 1);
    }
    if (isRedirected(state) && pod.bypasses.length > 0) {
      this.#bypassing.add({ namespace: pod.namespace, name: pod.name, why: pod.bypasses.join("; ") });
    }
    this.#recordFinding(pod, state, state === "cni" ? this.#countCni(pod) : "effective");
  }

  /**
   * The census so far.
   *
   * @param sandboxEvents messages of events about pods whose sandbox could not be made, by `namespace/pod`
   */
  build(sandboxEvents: ReadonlyMap<string, string> = new Map()): PodCensus {
    const failed = this.#failed.judge();
    const withoutSandbox = this.#withoutSandbox.items().map((pod) => ({ pod, message: sandboxEvents.get(`${pod.namespace}/${pod.name}`) ?? "" }));
    const explained = withoutSandbox.map(({ pod, message }) => (message === "" ? pod : { ...pod, detail: `${pod.detail}: ${message}` }));
    const offenders = [...this.#offenders.items(), ...failed.offenders, ...explained].sort(compareOffenders);
    const notKept = this.#offenders.left() + this.#withoutSandbox.left() + failed.count - failed.offenders.length;
    return {
      total: this.#total,
      byState: Object.fromEntries([...this.#byState].sort(([a], [b]) => compareText(a, b))),
      redirection: { ...this.#redirection },
      brokenOnNodes: [...this.#brokenOnNodes].sort(compareText),
      stuck: { ...this.#stuck, failed: failed.count },
      failedByPlugin: withoutSandbox.filter(({ message }) => /istio/i.test(message)).length,
      awaitingRepair: countAndExamples(this.#awaitingRepair),
      failedBefore: { count: failed.before.length, examples: failed.before.slice(0, MAX_EXAMPLES).map(({ namespace, name }) => ({ namespace, name })) },
      bypassing: countAndExamples(this.#bypassing),
      offenders: offenders.slice(0, MAX_OFFENDERS),
      offendersNotListed: notKept + Math.max(0, offenders.length - MAX_OFFENDERS),
      staleWorkloads: [...this.#stale.values()].sort(compareWorkloads),
      meshedNodes: [...this.#nodes]
        .map(([name, pods]) => ({ name, pods }))
        .sort((a, b) => compareText(a.name, b.name)),
      initContainersWithoutNetwork: countAndExamples(this.#initContainersWithoutNetwork),
      withoutReadyProxy: countAndExamples(this.#withoutReadyProxy),
    };
  }

  /**
   * Pods in scope count. In the default scope, pods in other namespaces also count if they have a container of Istio or an
   * injector selects them, except in AKS' own namespaces. Of an ambient mesh only the pods count that an injector has changed: its
   * ztunnels and waypoints are proxies too. Where the input names namespaces, only these count.
   */
  #isCounted(pod: PodFacts): boolean {
    if (this.#isInScope(pod.namespace)) return true;
    if (!this.#scope.isDefault || isSystemNamespace(pod.namespace)) return false;
    if (this.#rules.injectionIn(pod.namespace).kind === "ambient") return hasRedirectingContainer(pod);
    return hasIstioContainer(pod) || this.#rules.selects(pod.namespace, pod.labels);
  }

  /** Remembers a pod that has failed for good because it was not redirected. The CNI agent matters only for CNI chaining. */
  #addFailed(pod: PodFacts, state: PodState): void {
    const failedAt = failedValidationAt(pod, this.#now);
    if (state !== "cni" || failedAt === undefined || this.#mechanism !== CNI_CHAINING) return;
    const { namespace, name, nodeName } = pod;
    this.#brokenOnNodes.add(nodeName);
    const failed: FailedPod = { namespace, name, nodeName, failedAt, owner: workloadOf(pod, this.#ownerOf), detail: redirectionDetail(pod, "failed") };
    this.#failed.add(failed);
  }

  /** Counts whether redirection works in a pod of state `cni`. */
  #countCni(pod: PodFacts): Redirection {
    const { namespace, name } = pod;
    if (istioProxy(pod)?.form === "classic" && pod.redirectedInitContainers.length > 0) {
      this.#initContainersWithoutNetwork.add({ namespace, name, containers: pod.redirectedInitContainers });
    }
    const redirection = redirectionState(pod, this.#now);
    switch (redirection) {
      case "effective":
        this.#redirection.effective += 1;
        this.#failed.passed(pod.nodeName, validationExit(pod)?.finishedAt);
        if (lacksReadyProxy(pod, this.#now)) this.#withoutReadyProxy.add({ namespace, name });
        break;
      case "pending":
        this.#redirection.pending += 1;
        if (foundNoRedirection(pod)) this.#awaitingRepair.add({ namespace, name, owner: workloadOf(pod, this.#ownerOf) });
        break;
      case "not-programmed":
        this.#redirection.notProgrammed += 1;
        break;
      case "no-sandbox":
      case "not-started":
      case "validation-fails":
        this.#stuck[redirection] += 1;
        break;
      case "failed":
        // Such a pod has ended: `addFacts` counts it apart.
        break;
    }
    return redirection;
  }

  /** Lists a pod that does not comply, and its workload where a restart is needed. */
  #recordFinding(pod: PodFacts, state: PodState, redirection: Redirection): void {
    const compliance = complianceOf(state, this.#mechanism);
    const works = redirection === "effective" || redirection === "pending";
    if (compliance === "not-applicable" || (compliance === "compliant" && works)) return;
    if (state === "cni" && !works) this.#brokenOnNodes.add(pod.nodeName);
    const { namespace, name } = pod;
    const owner = workloadOf(pod, this.#ownerOf);
    const detail = findingDetail(pod, state, redirection, this.#mechanism, this.#rules);
    (state === "cni" && redirection === "no-sandbox" ? this.#withoutSandbox : this.#offenders).add({ namespace, name, owner, state, detail });

    if (compliance !== "stale" && state !== "dangling-revision") return;
    const key = `${namespace}/${owner.kind}/${owner.name}`;
    const known = this.#stale.get(key);
    const mostSevere = known !== undefined && severityRank(known.state) < severityRank(state) ? known.state : state;
    this.#stale.set(key, { namespace, owner, state: mostSevere, pods: (known?.pods ?? 0) + 1 });
  }
}

function countAndExamples<T>(list: TopList<T>): { readonly count: number; readonly examples: readonly T[] } {
  const examples = list.items();
  return { count: examples.length + list.left(), examples };
}

function compareOffenders(a: Offender, b: Offender): number {
  return severityRank(a.state) - severityRank(b.state) || compareNames(a, b);
}

function compareNames(a: PodName, b: PodName): number {
  return compareText(a.namespace, b.namespace) || compareText(a.name, b.name);
}

function compareWorkloads(a: StaleWorkload, b: StaleWorkload): number {
  return (
    compareText(a.namespace, b.namespace) ||
    compareText(a.owner.kind, b.owner.kind) ||
    compareText(a.owner.name, b.owner.name)
  );
}

/** Compares by code units, which does not depend on the locale. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
