/** Nodes. */
import { type JsonObject, kubernetesTime } from "../../lib/json.ts";
import type { World } from "../../world/world.ts";
import { metadata } from "../objects/metadata.ts";
import type { ObjectEntry } from "../objects/resource.ts";

const AGE = 20 * 24 * 3_600_000;

export function nodes(world: World): ObjectEntry[] {
  return world.kubernetes.nodes.map(({ name, os, pool, cordoned = false, joinedAt, notReadySince }) => {
    const labels = {
      "kubernetes.io/os": os,
      "kubernetes.io/arch": "amd64",
      "kubernetes.io/hostname": name,
      agentpool: pool,
      "kubernetes.azure.com/agentpool": pool,
    };
    const createdAt = joinedAt ?? world.startedAt - AGE;
    const isReady = notReadySince === undefined;
    const time = kubernetesTime(notReadySince ?? createdAt);
    const render = (): JsonObject => ({
      metadata: metadata({ kind: "Node", namespace: undefined, name }, createdAt, labels),
      spec: {
        podCIDR: "10.244.0.0/24",
        providerID: `azure:///subscriptions/${world.subscriptionId}/${name}`,
        ...(cordoned ? { unschedulable: true } : {}),
      },
      status: {
        conditions: [
          { type: "Ready", status: isReady ? "True" : "Unknown", reason: isReady ? "KubeletReady" : "NodeStatusUnknown", lastTransitionTime: time, lastHeartbeatTime: time },
        ],
        nodeInfo: {
          operatingSystem: os,
          kubeletVersion: "v1.33.5",
          osImage: os === "linux" ? "Ubuntu 22.04.5 LTS" : "Windows Server 2022 Datacenter",
        },
      },
    });
    return { name, namespace: undefined, labels, fields: {}, render };
  });
}
