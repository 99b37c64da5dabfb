/** A pod like the one that the action asks admission about, for comparisons. */
import type { JsonObject } from "../../simulator/lib/json.ts";
import { pod } from "./objects.ts";

export function probePod(namespace: string): JsonObject {
  return pod({ namespace, name: "istio-cni-probe" });
}
