/** The namespaces in scope of a run, from the input `namespaces`. */
import { globMatches } from "../../lib/glob.ts";
import { type InjectionRules, requestsInjection } from "./injection-rules.ts";
import { isSystemNamespace } from "./system-namespaces.ts";

export interface NamespaceScope {
  /** Whether the input is empty: then every namespace with injection on is in scope. */
  readonly isDefault: boolean;
  /** The names without `*`, without duplicates, in the order of the input. These namespaces must exist. */
  readonly named: readonly string[];
  /** Whether the input has `*` globs. They match only once the names of all namespaces are known. */
  readonly hasGlobs: boolean;
  /**
   * Whether the input matches a namespace. AKS' own namespaces match only by their full name. In the default scope the
   * labels of a namespace also count: use {@link inScope}.
   */
  readonly matches: (name: string) => boolean;
}

/** The scope for names and `*` globs. An empty list means every namespace with injection on. */
export function namespaceScope(patterns: readonly string[]): NamespaceScope {
  const given = [...new Set(patterns.map((pattern) => pattern.trim()).filter((pattern) => pattern !== ""))];
  const globs = given.filter((pattern) => pattern.includes("*"));
  const named = given.filter((pattern) => !pattern.includes("*"));
  const names = new Set(named);
  const isDefault = given.length === 0;
  return {
    isDefault,
    named,
    hasGlobs: globs.length > 0,
    matches: (name) =>
      names.has(name) || (!isSystemNamespace(name) && (isDefault || globs.some((glob) => globMatches(glob, name)))),
  };
}

/** Whether a namespace is in scope, its labels included. */
export function inScope(scope: NamespaceScope, rules: InjectionRules): (namespace: string) => boolean {
  return (namespace) =>
    scope.matches(namespace) && (!scope.isDefault || requestsInjection(rules.injectionIn(namespace)));
}
