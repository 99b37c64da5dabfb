/** What a run should achieve. */
import type { RedirectionMechanism } from "../contract.ts";
import type { NamespaceScope } from "./injection/namespace-scope.ts";

/** The redirection mechanism to reach, and the namespaces in scope. */
export interface Goal {
  readonly mechanism: RedirectionMechanism;
  readonly namespaces: NamespaceScope;
  /** Whether the preview feature is to be registered, needed or not; false if left out. */
  readonly requiresFeature?: boolean;
}
