/**
 * By which mechanism the mesh redirects, and whether that has to be switched. Azure's body decides where it names the mechanism. A mesh
 * whose clients never named it may lack the property although CNI chaining is on: then the injectors and the CNI agent decide.
 */
import { CNI_CHAINING, INIT_CONTAINERS, type RedirectionMechanism } from "../contract.ts";
import { failedOrCanceled, isMeshOn, operationsInProgress, unfinishedUpgrade } from "./cluster-facts.ts";
import { defaultsToInitContainers } from "./injection/revisions.ts";
import type { MeshObservation, Snapshot } from "./observation.ts";

/** What decides depends on: Azure's body, and what was observed in the cluster. */
export type RedirectionSources = Pick<Snapshot, "cluster" | "observation">;

/** The mechanism by which the mesh redirects. */
export interface Redirection {
  /** `CNIChaining`, `InitContainers` or another value of Azure; empty where nothing shows it. */
  readonly mechanism: string;
  /**
   * `azure`: the body names it. Otherwise the body does not: `cluster`: the injectors and the CNI agent show it; `revision`: no installed
   * revision has another default; `nothing`: the mesh is off, or what would show it was not observed or contradicts itself.
   */
  readonly source: "azure" | "cluster" | "revision" | "nothing";
}

/** By which mechanism the mesh redirects now. */
export function redirectionOf({ cluster, observation }: RedirectionSources): Redirection {
  const { redirectionMechanism, revisions } = cluster.mesh;
  if (redirectionMechanism !== "") return { mechanism: redirectionMechanism, source: "azure" };
  if (!isMeshOn(cluster)) return { mechanism: "", source: "nothing" };
  if (revisions.length > 0 && revisions.every(defaultsToInitContainers)) return { mechanism: INIT_CONTAINERS, source: "revision" };
  const shown = observation.seen ? shownInCluster(observation.value, revisions) : undefined;
  return shown === undefined ? { mechanism: "", source: "nothing" } : { mechanism: shown, source: "cluster" };
}

/** Whether the mesh redirects by a mechanism. Azure's enumerations are compared case-insensitively. False where nothing shows it. */
export function redirectsBy(sources: RedirectionSources, mechanism: RedirectionMechanism): boolean {
  return isSame(redirectionOf(sources).mechanism, mechanism);
}

/** Whether the mesh is known not to redirect by a mechanism. A mesh that is off needs no init containers. */
export function redirectsOtherwise(sources: RedirectionSources, mechanism: RedirectionMechanism): boolean {
  const now = redirectionOf(sources).mechanism;
  if (!isMeshOn(sources.cluster)) return mechanism === CNI_CHAINING;
  return now !== "" && !isSame(now, mechanism);
}

/**
 * Whether the mesh redirects by a mechanism and its last operation did not undo that: the operation succeeded, or the cluster shows the
 * mechanism. A body names the mechanism from the moment at which the PUT is accepted, whatever becomes of the operation.
 */
export function isConfirmed(sources: RedirectionSources, mechanism: RedirectionMechanism): boolean {
  if (!redirectsBy(sources, mechanism)) return false;
  const { cluster, observation } = sources;
  const hasSucceeded = ["", "succeeded"].includes(cluster.provisioningState.toLowerCase());
  return hasSucceeded || (observation.seen && shownInCluster(observation.value, cluster.mesh.revisions) === mechanism);
}

/** Whether something has to be done, and why or why not. */
export interface Need {
  readonly needed: boolean;
  readonly reason: string;
}

/** Whether the cluster needs the PUT: it has the other mechanism, nothing shows which it has, or Azure has not confirmed this one. */
export function switchNeed(sources: RedirectionSources, mechanism: RedirectionMechanism): Need {
  const { cluster } = sources;
  const { mechanism: now, source } = redirectionOf(sources);
  if (!isMeshOn(cluster)) {
    return mechanism === INIT_CONTAINERS ? { needed: false, reason: "the mesh is off, so nothing is redirected" } : { needed: true, reason: "the mesh is off" };
  }
  if (now === "") return { needed: true, reason: "Azure does not name the mechanism, and the cluster does not show which one is used" };
  const said = source === "azure" ? `it is ${now}` : `it is not set in Azure, which means ${now} ${source === "revision" ? "in this revision" : "here, as the cluster shows"}`;
  if (!isSame(now, mechanism)) return { needed: true, reason: said };
  if (isConfirmed(sources, mechanism)) return { needed: false, reason: `it is already ${now}${source === "azure" ? "" : ", as the cluster shows; Azure does not name it"}` };
  if (!failedOrCanceled(cluster.provisioningState)) return { needed: false, reason: `${said}, and an operation is in progress` };
  const upgrade = unfinishedUpgrade(cluster);
  const unconfirmed = `${said}; the last operation ended ${cluster.provisioningState}`;
  if (upgrade !== undefined) return { needed: false, reason: `${unconfirmed}, but another write would resume an upgrade: ${upgrade}` };
  return { needed: true, reason: `${unconfirmed}: Azure has not confirmed it, and the cluster does not show it` };
}

/** Whether a run has to wait for the operations in progress: before a switch, or because one of them may be the switch. */
export function idleNeed(sources: RedirectionSources, mechanism: RedirectionMechanism): Need {
  const busy = operationsInProgress(sources.cluster);
  if (busy.length === 0) return { needed: false, reason: "no other operation is changing the cluster" };
  if (mechanism === INIT_CONTAINERS && !isMeshOn(sources.cluster)) return { needed: false, reason: `nothing is changed, so this run does not wait: ${busy.join(", ")}` };
  if (isConfirmed(sources, mechanism)) return { needed: false, reason: `nothing has to be switched, so this run does not wait: ${busy.join(", ")}` };
  return { needed: true, reason: "another operation is changing the cluster" };
}

/**
 * The mechanism for which AKS has configured the cluster; undefined where that was not observed, or its parts disagree. AKS creates the
 * DaemonSet of the CNI agent and sets `pilot.cni.enabled` of each injector on a switch.
 */
function shownInCluster({ injectors, daemonSet }: MeshObservation, revisions: readonly string[]): RedirectionMechanism | undefined {
  if (!injectors.seen || !daemonSet.seen) return undefined;
  const configured = injectors.value.filter(({ revision }) => revisions.length === 0 || revisions.includes(revision)).map(({ cniEnabled }) => cniEnabled);
  if (configured.length === 0) return undefined;
  if (configured.every((cniEnabled) => cniEnabled === true)) return daemonSet.value === undefined ? undefined : CNI_CHAINING;
  // After a switch back the DaemonSet may still be there for some minutes.
  return configured.every((cniEnabled) => cniEnabled === false) ? INIT_CONTAINERS : undefined;
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
