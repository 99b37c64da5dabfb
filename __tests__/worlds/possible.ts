/** Which combinations a real AKS cannot have. Each is turned into the nearest one that it can, so that no generated value is thrown away. */
import type { ActorDescription, AzureDescription, WorkloadDescription, WorldDescription } from "./description.ts";

const number = (revision: string): number => Number(revision.replace("asm-1-", ""));

/** Makes a world possible. */
export function possible(world: WorldDescription): WorldDescription {
  const azure = possibleAzure(world.azure);
  const names = new Set(world.namespaces.map(({ name }) => name));
  const inNamespace = (name: string | undefined): string | undefined => (name !== undefined && names.has(name) ? name : undefined);
  const fallback = world.namespaces[0]?.name;
  const workloads = fallback === undefined ? [] : world.workloads.map((workload) => possibleWorkload({ ...workload, namespace: inNamespace(workload.namespace) ?? fallback }, world, azure));
  return {
    ...world,
    azure,
    workloads,
    admission: { ...world.admission, quotaIn: inNamespace(world.admission.quotaIn), sideEffectsIn: inNamespace(world.admission.sideEffectsIn), injectorIsDown: world.admission.injectorIsDown && azure.revisions.length > 0 },
    actor: possibleActor(world.actor, azure),
    // The action refuses to label without names, so that nothing is labelled by accident.
    inputs: { ...world.inputs, label: world.inputs.namespaces.length === 0 ? "no" : world.inputs.label },
  };
}

function possibleAzure(given: AzureDescription): AzureDescription {
  const azure = { ...given };
  const oldest = Math.min(...azure.revisions.map(number));
  // The safeguards of AKS Automatic cannot be switched to Warn, nor off.
  if (azure.sku === "Automatic") azure.safeguards = "refuse";
  // A mesh that is off redirects nothing, and a revision before asm-1-25 has no CNI chaining: the PUT for it would have been refused.
  if (azure.revisions.length === 0 || oldest < 25) azure.history = "init containers from the start";
  // A client has named the mechanism when it was switched. Otherwise a new mesh with CNI chaining may lack it from asm-1-30 on.
  if (!["CNI chaining for weeks", "init containers from the start"].includes(azure.history)) azure.isNamed = true;
  if (azure.history === "CNI chaining for weeks" && oldest < 30) azure.isNamed = true;
  if (azure.history === "CNI chaining was requested, and the operation failed" && azure.lastOperation === "Succeeded") azure.lastOperation = "Failed";
  // One operation at a time: another one would have been refused with 409.
  if (azure.history === "CNI chaining is being switched on by another client") azure.running = "nothing";
  // A stopped cluster has no operation in progress: stopping it would have waited, and a PUT is refused.
  if (azure.isStopped) {
    azure.running = "nothing";
    if (azure.history === "CNI chaining is being switched on by another client") azure.history = "CNI chaining for an hour";
  }
  // Only an upgrade that failed or was cancelled leaves the version behind.
  if (azure.lastOperation === "Succeeded") azure.hasUnfinishedUpgrade = false;
  // CNI chaining that is on was not refused for want of the flag; a mesh switched long ago may well have no flag in a cloud that does not need it.
  const wasSwitched = azure.history !== "init containers from the start";
  if (wasSwitched && ["not registered", "pending", "registering"].includes(azure.flag)) azure.flag = "registered";
  return azure;
}

function possibleWorkload(given: WorkloadDescription, { nodes }: WorldDescription, azure: AzureDescription): WorkloadDescription {
  const workload = { ...given };
  const { kind } = workload;
  if (workload.behaviour === "paused" && kind !== "Deployment") workload.behaviour = "runs";
  if (workload.behaviour === "OnDelete" && kind !== "DaemonSet" && kind !== "StatefulSet") workload.behaviour = "runs";
  if (workload.behaviour === "partition" && kind !== "StatefulSet") workload.behaviour = "runs";
  if (workload.behaviour === "completes" && kind !== "Job") workload.behaviour = "runs";
  if (workload.behaviour === "never ready after a restart" && (kind === "Job" || kind === "Pod")) workload.behaviour = "runs";
  if (workload.behaviour === "on the broken node" && (nodes.trouble !== "broken CNI plugin on one node" || kind === "DaemonSet")) workload.behaviour = "runs";
  // Pods that started before the CNI agent are pods of the last minutes: later the agent has repaired them.
  if (workload.behaviour === "started before the CNI agent" && workload.age !== "created when the cluster is first read") workload.behaviour = "runs";
  // A Job that has run for weeks would have completed or failed by its deadline.
  if (kind === "Job" && workload.behaviour === "runs" && workload.age === "weeks") workload.behaviour = "completes";
  if (kind === "Pod") workload.replicas = 1;
  // The baseline Pod Security Standard refuses the host network, and the simulator checks capabilities only.
  if (azure.safeguards === "refuse" && workload.template === "on the host network") workload.template = "plain";
  return workload;
}

function possibleActor(given: ActorDescription, azure: AzureDescription): ActorDescription {
  // AKS Automatic has no local accounts.
  return azure.sku === "Automatic" ? { ...given, usesEntra: true } : given;
}
