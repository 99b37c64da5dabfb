/** The address of the API server outside of the cluster's network. */
import { textAt } from "../lib/json.ts";
import type { World } from "../world/world.ts";
import { startUnreachableServer } from "./unreachable-server.ts";

/** The address, and the server behind it where connections are to fail. */
export interface ExternalAddress {
  /** The origin for external clients. `internalOrigin`: the origin inside the network. `byPublicName`: the public name of a private cluster is asked for. */
  origin(internalOrigin: string, byPublicName: boolean): string;
  close(): Promise<void>;
}

/** An origin whose name does not resolve. */
function unresolvable(world: World, property: "fqdn" | "privateFQDN"): string {
  return `https://${textAt(world.cluster.body, "properties", property) ?? `${world.cluster.name}.azmk8s.invalid`}:443`;
}

/** Creates the address from the world's `unreachable` and `private`; later changes of these have no effect. */
export async function createExternalAddress(world: World): Promise<ExternalAddress> {
  const { unreachable, private: privacy } = world.cluster;
  const failing = unreachable === "refused" || unreachable === "blackhole" ? await startUnreachableServer(unreachable) : undefined;
  return {
    origin(internalOrigin, byPublicName) {
      if (privacy !== undefined && !(byPublicName && privacy.publicFqdn)) return unresolvable(world, "privateFQDN");
      return unreachable === "dns" ? unresolvable(world, "fqdn") : (failing?.origin ?? internalOrigin);
    },
    close: () => failing?.close() ?? Promise.resolve(),
  };
}
