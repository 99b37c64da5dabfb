/** ConfigMaps: the injector's configuration, one per revision. */
import type { JsonObject } from "../../lib/json.ts";
import type { World } from "../../world/world.ts";
import { ADDON_RELEASE, addonInstalledAt, injectorConfigMap, MESH_NAMESPACE, meshRevisions } from "../mesh/addon.ts";
import { metadata } from "../objects/metadata.ts";
import type { ObjectEntry } from "../objects/resource.ts";

export function configMaps(world: World, now: number): ObjectEntry[] {
  return meshRevisions(world).map((revision) => {
    const name = `istio-sidecar-injector-${revision}`;
    const labels = { "istio.io/rev": revision, release: ADDON_RELEASE };
    const object = { kind: "ConfigMap", namespace: MESH_NAMESPACE, name };
    const render = (): JsonObject => ({
      data: injectorConfigMap(world, revision, now),
      metadata: metadata(object, addonInstalledAt(world), labels),
    });
    return { name, namespace: MESH_NAMESPACE, labels, fields: {}, render };
  });
}
