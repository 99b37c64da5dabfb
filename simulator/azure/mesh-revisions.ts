/** Mesh revisions: what the region supports, and what the cluster's mesh can be upgraded to. Shapes are recorded. */
import type { Reply } from "../lib/http.ts";
import { type JsonObject, valueAt } from "../lib/json.ts";
import type { MeshRevision } from "../world/mesh-revisions.ts";
import type { World } from "../world/world.ts";
import { providerError } from "./errors.ts";

/** The only kind of mesh. */
const MESH = "istio";

function revisionBody({ revision, upgrades, kubernetesVersions }: MeshRevision): JsonObject {
  return {
    revision,
    upgrades: [...upgrades],
    compatibleWith: [{ name: "KubernetesOfficial", versions: [...kubernetesVersions] }],
  };
}

function listOrOne(profile: JsonObject, name: string | undefined): Reply {
  if (name === undefined) return { status: 200, body: { value: [profile] } };
  return name.toLowerCase() === MESH ? { status: 200, body: profile } : providerError(404, "NotFound", `The mesh profile '${name}' was not found.`);
}

/** GET …/locations/{location}/meshRevisionProfiles, or of the profile `name`. */
export function meshRevisionProfiles(world: World, location: string, name: string | undefined): Reply {
  const profile = {
    id: `/subscriptions/${world.subscriptionId}/providers/Microsoft.ContainerService/locations/${location}/meshRevisionProfiles/${MESH}`,
    name: MESH,
    type: "Microsoft.ContainerService/locations/meshRevisionProfiles",
    properties: { meshRevisions: world.meshRevisions.map(revisionBody) },
  };
  return listOrOne(profile, name);
}

/** The revisions that a body installs. */
export function revisionsIn(body: JsonObject): string[] {
  const revisions = valueAt(body, "properties", "serviceMeshProfile", "istio", "revisions");
  return Array.isArray(revisions) ? revisions.filter((revision) => typeof revision === "string") : [];
}

/** GET …/managedClusters/{cluster}/meshUpgradeProfiles, or of the profile `name`: about the newest installed revision. */
export function meshUpgradeProfiles(world: World, name: string | undefined): Reply {
  const installed = revisionsIn(world.cluster.body).at(-1);
  if (installed === undefined) return name === undefined ? { status: 200, body: { value: [] } } : providerError(404, "NotFound", "The service mesh is not enabled.");
  const known = world.meshRevisions.find(({ revision }) => revision === installed);
  const newer = { revision: installed, upgrades: world.meshRevisions.map(({ revision }) => revision), kubernetesVersions: [] };
  const profile = {
    id: `/subscriptions/${world.subscriptionId}/resourceGroups/${world.resourceGroup}/providers/Microsoft.ContainerService/managedClusters/${world.cluster.name}/meshUpgradeProfiles/${MESH}`,
    name: MESH,
    type: "Microsoft.ContainerService/managedClusters/meshUpgradeProfiles",
    properties: revisionBody(known ?? newer),
  };
  return listOrOne(profile, name);
}

/** The refusal of a PUT whose revision is out of support, where this cloud refuses it; undefined where it does not. The text is a public report's. */
export function unsupportedRevision(world: World, body: JsonObject): Reply | undefined {
  if (!world.resourceManager.refusesUnsupportedRevisions) return undefined;
  const supported = new Set(world.meshRevisions.map(({ revision }) => revision));
  const revision = revisionsIn(body).find((candidate) => !supported.has(candidate));
  return revision === undefined
    ? undefined
    : providerError(400, "BadRequest", `The requested revisions are not allowed: ${revision} is not supported by the service mesh add-on.`);
}
