/** What stands in the way of a plan. Pure functions, as in `plan.ts`: `apply` refuses with the same words that `plan` shows. */
import { evaluate } from "../../checks/evaluate.ts";
import { type CheckId, INIT_CONTAINERS, type RedirectionMechanism } from "../../contract.ts";
import { type ClusterFacts, isAutomatic } from "../../istio/cluster-facts.ts";
import type { Goal } from "../../istio/goal.ts";
import type { Snapshot } from "../../istio/observation.ts";

/** Why a run changes nothing although something is needed. The parts of an {@link ActionError}. */
export interface Blocker {
  readonly code: string;
  readonly doing: string;
  readonly message: string;
  readonly remedy: string;
}

/** Checks that block a switch while they fail. The first one that fails is reported. */
const PREFLIGHT: readonly CheckId[] = ["mesh-enabled", "revision-supported", "cluster-ready"];

/** The check that blocks a switch; undefined if none does. A cluster that is stopped blocks it also where nothing shows its mechanism. */
export function switchBlocker(snapshot: Snapshot, goal: Goal): Blocker | undefined {
  const check = evaluate(snapshot, goal, PREFLIGHT).find(({ result, unverifiable }) => result === "fail" || unverifiable);
  if (check === undefined) return undefined;
  return {
    code: check.id,
    doing: "checking whether the cluster can be switched",
    message: [check.message, ...check.evidence].join(" "),
    remedy: check.remedy,
  };
}

/** A switch that would break the cluster; undefined if it would not. */
export function harmfulSwitch(cluster: ClusterFacts, mechanism: RedirectionMechanism): Blocker | undefined {
  if (mechanism !== INIT_CONTAINERS || !isAutomatic(cluster)) return undefined;
  return {
    code: "WouldRefusePods",
    doing: "checking whether the cluster can go back to init containers",
    message: `${cluster.name} is an AKS Automatic cluster, whose Deployment Safeguards refuse istio-init. With ${INIT_CONTAINERS} no pod with a sidecar could be created: workloads of the mesh would lose each pod that is replaced.`,
    remedy: "Keep CNI chaining on AKS Automatic, or set the input force to true to switch nevertheless. Nothing was changed.",
  };
}

/** No value can be chosen for the labels. @param why a sentence, as {@link LabelPlan.obstacle} gives it */
export function ambiguousRevision(why: string): Blocker {
  return {
    code: "AmbiguousRevision",
    doing: "choosing the value of istio.io/rev",
    message: why,
    remedy: "Set the input revision to one of them. Nothing was changed.",
  };
}
