/** Mutating webhook configurations: those of the mesh. */
import { stringsAt, textAt } from "../../lib/json.ts";
import type { World } from "../../world/world.ts";
import { meshWebhooks } from "../mesh/addon.ts";
import type { ObjectEntry } from "../objects/resource.ts";

export function webhooks(world: World): ObjectEntry[] {
  return meshWebhooks(world).map((configuration) => ({
    name: textAt(configuration, "metadata", "name") ?? "",
    namespace: undefined,
    labels: stringsAt(configuration, "metadata", "labels"),
    fields: {},
    render: () => structuredClone(configuration),
  }));
}
