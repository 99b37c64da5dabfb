/** Counts in the status of objects. */
import type { JsonObject } from "../../lib/json.ts";

/**
 * The counts without those that are zero, as the API server omits them. Only for fields that have `omitempty` in k8s.io/api: a DaemonSet's
 * numberReady and a StatefulSet's availableReplicas, for example, are always there.
 */
export function nonZero(counts: Readonly<Record<string, number>>): JsonObject {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
}
