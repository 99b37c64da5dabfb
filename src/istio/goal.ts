/** What a run is to make of the cluster. */
import type { RedirectionMechanism } from "../contract.ts";
import type { NamespaceScope } from "./injection/namespace-scope.ts";

/** The wanted redirection mechanism, and the namespaces that the run is about. */
export interface Goal {
  readonly mechanism: RedirectionMechanism;
  readonly namespaces: NamespaceScope;
}
