/** The rights of the actor, in Azure and in the cluster. */
import { MINUTE } from "../../simulator/scenarios/base.ts";
import { ARM_ACTIONS, type ArmAction, type ArmGrant, type KubernetesRole, type World } from "../../simulator/world/world.ts";
import type { ActorDescription } from "./description.ts";

const KUBERNETES: Readonly<Record<ActorDescription["cluster"], KubernetesRole>> = { "cluster admin": "cluster-admin", writer: "writer", reader: "reader", nothing: "none" };
const WRITE: ArmAction = "Microsoft.ContainerService/managedClusters/write";
const CREDENTIAL: ArmAction = "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action";

/** Gives the actor of a world its rights. */
export function applyRights(world: World, actor: ActorDescription): void {
  world.rights = { arm: grants(actor.azure), kubernetes: KUBERNETES[actor.cluster] };
  if (actor.usesEntra) return;
  world.cluster.kubeconfig = "client-certificate";
  const { properties } = world.cluster.body;
  if (typeof properties === "object" && properties !== null) Reflect.deleteProperty(properties, "aadProfile");
}

function grants(azure: ActorDescription["azure"]): ArmGrant[] {
  const ofCluster = (actions: readonly ArmAction[]): ArmGrant[] => actions.map((action) => ({ action, scope: "cluster" }));
  const everything = ARM_ACTIONS.map((action): ArmGrant => ({ action, scope: "subscription" }));
  switch (azure) {
    case "everything":
      return everything;
    case "the cluster only":
      return ofCluster(ARM_ACTIONS);
    case "reads the cluster":
      return ofCluster(["Microsoft.ContainerService/managedClusters/read"]);
    case "no write":
      return everything.filter(({ action }) => action !== WRITE);
    case "no credentials of the cluster":
      return everything.filter(({ action }) => action !== CREDENTIAL);
    case "write takes effect after 3 min":
      return everything.map((grant) => (grant.action === WRITE ? { ...grant, propagation: 3 * MINUTE } : grant));
  }
}
