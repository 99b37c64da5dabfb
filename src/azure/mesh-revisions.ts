/** The revisions of the managed mesh that AKS supports in a region. Shape: a recording of `az aks mesh get-revisions`. */
import { listMeshRevisionProfiles } from "@azure/arm-containerservice/api/managedClusters";
import { type Right, ServiceError } from "../lib/errors.ts";
import { arrayAt, textAt, textsAt } from "../lib/json.ts";
import type { Observed } from "../lib/observed.ts";
import type { ManagedCluster } from "./managed-cluster.ts";

const READ_REVISIONS: Right = { action: "Microsoft.ContainerService/locations/meshRevisionProfiles/read", scope: "the subscription", role: "Reader" };

/** A revision in support. */
export interface MeshRevision {
  readonly revision: string;
  /** The revisions to which a mesh of this one can be upgraded. */
  readonly upgrades: readonly string[];
}

/**
 * Reads the supported revisions of a region. An identity with rights on the resource group alone may not, so a refusal is part of the
 * result.
 *
 * @throws only what is no answer of Azure, such as the end of the run
 */
export async function readSupportedRevisions(cluster: Pick<ManagedCluster, "call">, location: string): Promise<Observed<readonly MeshRevision[]>> {
  const call = { doing: `reading the mesh revisions of ${location}`, needs: READ_REVISIONS, returns: "mesh revisions", resendable: true };
  try {
    const { value } = await cluster.call(call, async (client) => {
      const profiles: unknown[] = [];
      for await (const profile of listMeshRevisionProfiles(client, location)) profiles.push(profile);
      return profiles;
    });
    return { seen: true, value: value.flatMap(readRevisions) };
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return { seen: false, why: `${error.doing}: ${error.message}`, remedy: error.remedy };
  }
}

/** The revisions of a profile. The SDK does not check the types of what it reads. */
function readRevisions(profile: unknown): readonly MeshRevision[] {
  return arrayAt(profile, "properties", "meshRevisions")
    .map((each) => ({ revision: textAt(each, "revision"), upgrades: textsAt(each, "upgrades") }))
    .filter(({ revision }) => revision !== "");
}
