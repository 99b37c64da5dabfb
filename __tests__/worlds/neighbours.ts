/** What others do to a world while the action runs. */
import { objectsAt, setAt, textAt, valueAt } from "../../simulator/lib/json.ts";
import { randomUUID } from "node:crypto";
import { clusterChange, OPERATOR, terraformPipeline } from "../../simulator/world/changes.ts";
import { isStopped } from "../../simulator/world/cluster-settings.ts";
import { MECHANISM_PATH, newOperation, runningOperations, settleOperations } from "../../simulator/world/operations.ts";
import type { Operation } from "../../simulator/world/cluster.ts";
import { mechanismAt, type World } from "../../simulator/world/world.ts";
import type { NeighbourAction } from "./description.ts";

const MINUTE = 60_000;

/** An operation on the whole cluster: it ends with everything as the body says, a mechanism that an earlier operation left undone included. */
function clusterOperation(world: World, now: number, duration: number, change = clusterChange(world, OPERATOR)): Operation {
  const named = textAt(world.cluster.body, ...MECHANISM_PATH);
  const mechanismAfter = (["CNIChaining", "InitContainers"] as const).find((mechanism) => mechanism === named && mechanism !== mechanismAt(world, now).mechanism);
  return newOperation(now, duration, { mechanismAfter, change });
}

/** Does something to a world now. @returns whether it could: Azure refuses a write while an operation is in progress */
export function act(world: World, what: NeighbourAction["what"], now: number): boolean {
  const { cluster, kubernetes } = world;
  settleOperations(world, now);
  const isBusy = runningOperations(world, now).length > 0 || isStopped(world);
  const hasMesh = valueAt(cluster.body, "properties", "serviceMeshProfile", "mode") === "Istio";
  switch (what) {
    case "changes a tag of the cluster": {
      if (isBusy) return false;
      setAt(cluster.body, ["tags", "changed"], randomUUID());
      cluster.operations.push(clusterOperation(world, now, MINUTE));
      return true;
    }
    case "resets the mesh to init containers": {
      if (isBusy || !hasMesh) return false;
      setAt(cluster.body, MECHANISM_PATH, "InitContainers");
      cluster.operations.push(clusterOperation(world, now, MINUTE, clusterChange(world, terraformPipeline(world))));
      return true;
    }
    case "upgrades a node pool": {
      // Whether it clears a failure of the cluster's own last operation is not documented.
      if (isBusy || textAt(cluster.body, "properties", "provisioningState") !== "Succeeded") return false;
      const pool = objectsAt(cluster.body, "properties", "agentPoolProfiles")[0]?.["name"];
      cluster.operations.push(newOperation(now, 3 * MINUTE, { pool: typeof pool === "string" ? pool : "userpool", change: clusterChange(world, OPERATOR) }));
      return true;
    }
    case "starts a canary upgrade of the mesh": {
      const path = ["properties", "serviceMeshProfile", "istio", "revisions"];
      const revisions = valueAt(cluster.body, ...path);
      // From one supported revision to the next.
      if (isBusy || !hasMesh || !Array.isArray(revisions) || revisions.length !== 1 || revisions[0] !== "asm-1-29") return false;
      setAt(cluster.body, path, ["asm-1-29", "asm-1-30"]);
      cluster.operations.push(clusterOperation(world, now, 2 * MINUTE));
      return true;
    }
    case "deletes the last namespace": {
      const last = kubernetes.namespaces.at(-1);
      if (last === undefined || !["shop", "payments", "edge"].includes(last.name)) return false;
      kubernetes.namespaces.pop();
      kubernetes.workloads = kubernetes.workloads.filter(({ namespace }) => namespace !== last.name);
      return true;
    }
    case "rolls the first workload": {
      const first = kubernetes.workloads.find(({ namespace, kind }) => ["shop", "payments", "edge"].includes(namespace) && ["Deployment", "StatefulSet", "DaemonSet"].includes(kind));
      const latest = first?.templates.at(-1);
      if (first === undefined || latest === undefined || first.createdWhenRead || latest.at >= now) return false;
      const annotations = { ...latest.template.annotations, "kubectl.kubernetes.io/restartedAt": new Date(now).toISOString() };
      first.templates.push({ at: now, template: { ...latest.template, annotations } });
      return true;
    }
    case "adds a node":
      kubernetes.nodes.push({ name: `aks-userpool-27182818-vmss0000${10 + kubernetes.nodes.length}`, os: "linux", pool: "userpool", joinedAt: now });
      return true;
  }
}
