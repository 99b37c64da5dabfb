/** Numbers of a snapshot that show how far redirection has come. */
import type { MeshCounts } from "../contract.ts";
import { POD_STATES } from "../contract.ts";
import { disprovesRedirection, provesRedirection } from "./admission/probe-result.ts";
import type { Goal } from "./goal.ts";
import { agentsOf } from "./kubernetes-facts.ts";
import type { MeshObservation, Snapshot } from "./observation.ts";
import { podsProvingRedirection, restartable } from "./pods/pod-census.ts";
import { complianceOf } from "./pods/pod-compliance.ts";
import { refusedByAdmission } from "./workloads/refused-by-admission.ts";

/** The counts; those that were not observed are absent. */
export function meshCounts(snapshot: Snapshot, goal: Goal): MeshCounts {
  const { observation } = snapshot;
  if (!observation.seen) return {};
  const { pods, replicaSets } = observation.value;
  return {
    ...(pods.seen
      ? {
          podsInMesh: POD_STATES.filter((state) => complianceOf(state, goal.mechanism) !== "not-applicable").reduce((sum, state) => sum + (pods.value.byState[state] ?? 0), 0),
          podsRedirected: podsProvingRedirection(pods.value, goal.mechanism),
          workloadsToRestart: restartable(pods.value, goal.mechanism).length,
        }
      : {}),
    ...(replicaSets.seen ? { workloadsRefused: refusedByAdmission(snapshot, goal).filter(({ isOfMesh }) => isOfMesh).length } : {}),
    ...agentCounts(observation.value),
    ...probeCounts(observation.value, goal),
  };
}

function agentCounts({ daemonSet, agentPods }: MeshObservation): Pick<MeshCounts, "agentsReady" | "agentsDesired"> {
  if (!daemonSet.seen) return {};
  const { value } = daemonSet;
  if (value !== undefined) return { agentsReady: value.ready, agentsDesired: value.desired };
  return { agentsReady: agentPods.seen ? agentsOf(undefined, agentPods.value).filter(({ ready }) => ready).length : 0, agentsDesired: 0 };
}

function probeCounts({ probes }: MeshObservation, { mechanism }: Goal): Pick<MeshCounts, "namespacesProbed" | "namespacesAdmitted" | "namespacesRefused"> {
  if (!probes.seen || probes.value.skipReason !== "") return {};
  const { answers } = probes.value;
  return {
    namespacesProbed: answers.length,
    namespacesAdmitted: answers.filter((facts) => provesRedirection(facts, mechanism)).length,
    namespacesRefused: answers.filter((facts) => facts.outcome.kind === "refused" && disprovesRedirection(facts, mechanism)).length,
  };
}
