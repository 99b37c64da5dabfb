/** Azure RBAC for Kubernetes: the permissions of each role. */
import type { Reply } from "../../lib/http.ts";
import type { KubernetesRole, World } from "../../world/world.ts";
import { qualifiedName } from "../objects/resource.ts";
import { failure } from "../objects/status.ts";

export interface Access {
  readonly verb: "get" | "list" | "create" | "patch";
  readonly group: string;
  readonly resource: string;
  readonly name: string | undefined;
  readonly namespace: string | undefined;
}

/** The resources that RBAC Reader may read: not nodes, webhooks or secrets. */
const READABLE = new Set([
  "namespaces",
  "pods",
  "configmaps",
  "events",
  "deployments",
  "replicasets",
  "daemonsets",
  "statefulsets",
  "jobs",
]);
const WRITABLE: Readonly<Record<string, readonly Access["verb"][]>> = {
  pods: ["create"],
  deployments: ["patch"],
  statefulsets: ["patch"],
  daemonsets: ["patch"],
};

function allows(role: KubernetesRole, { verb, resource }: Access): boolean {
  if (role === "cluster-admin") return true;
  if (role === "none") return false;
  if ((verb === "get" || verb === "list") && READABLE.has(resource)) return true;
  return role === "writer" && (WRITABLE[resource]?.includes(verb) ?? false);
}

/**
 * The data action that Azure's authorizer requires: `read` for get, list and watch, `write` for create, update and patch. A group
 * other than the core one precedes the resource. Source: Azure RBAC permissions of Microsoft.ContainerService.
 */
function dataAction({ verb, group, resource }: Access): string {
  const kind = verb === "get" || verb === "list" ? "read" : "write";
  return `Microsoft.ContainerService/managedClusters/${group === "" ? "" : `${group}/`}${resource}/${kind}`;
}

function isAllowed({ rights }: World, access: Access): boolean {
  return rights.dataActions === undefined ? allows(rights.kubernetes, access) : rights.dataActions.includes(dataAction(access));
}

/** 403 with the message of Azure's authorizer; undefined where access is allowed. */
export function authorizationError(world: World, user: string, access: Access): Reply | undefined {
  if (isAllowed(world, access)) return undefined;
  const { verb, group, resource, name, namespace } = access;
  const object = name === undefined ? resource : `${qualifiedName({ plural: resource, group })} "${name}"`;
  // For a request for one namespace, the API server takes its name for the scope as well. Source: k8s.io/apiserver, endpoints/request.
  const scope = resource === "namespaces" ? name : namespace;
  const where = scope === undefined ? "at the cluster scope" : `in the namespace "${scope}"`;
  const message = `${object} is forbidden: User "${user}" cannot ${verb} resource "${resource}" in API group "${group}" ${where}: User does not have access to the resource in Azure. Update role assignment to allow access.`;
  return failure(403, "Forbidden", message, {
    ...(name === undefined ? {} : { name }),
    ...(group === "" ? {} : { group }),
    kind: resource,
  });
}
