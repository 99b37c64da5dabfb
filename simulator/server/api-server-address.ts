/** Where the API server is seen from outside of the cluster's network. */
import { textAt } from "../lib/json.ts";
import { startUnreachable } from "./unreachable-server.ts";
import type { World } from "../world/world.ts";

export interface OutsideView {
  /** The origin for somebody outside. `inside`: the one within. `byPublicName`: the public name of a private cluster is asked for. */
  origin(inside: string, byPublicName: boolean): string;
  close(): Promise<void>;
}

/** An origin whose name does not resolve. */
function byName(world: World, property: "fqdn" | "privateFQDN"): string {
  return `https://${textAt(world.cluster.body, "properties", property) ?? `${world.cluster.name}.azmk8s.invalid`}:443`;
}

/** Makes the view that the world asks for; `unreachable` and `private` are fixed from then on. */
export async function outsideView(world: World): Promise<OutsideView> {
  const { unreachable, private: privacy } = world.cluster;
  const place = unreachable === "refused" || unreachable === "blackhole" ? await startUnreachable(unreachable) : undefined;
  return {
    origin(inside, byPublicName) {
      if (privacy !== undefined && !(byPublicName && privacy.publicFqdn)) return byName(world, "privateFQDN");
      return unreachable === "dns" ? byName(world, "fqdn") : (place?.origin ?? inside);
    },
    close: () => place?.close() ?? Promise.resolve(),
  };
}
