/** Which namespaces a run is about: the `namespaces` input. */
import { globMatches } from "../../lib/glob.ts";
import { type InjectionRules, wantsInjection } from "./injection-rules.ts";
import { isSystemNamespace } from "./system-namespaces.ts";

export interface NamespaceScope {
  /** Nothing was named: every namespace with injection on. */
  readonly isDefault: boolean;
  /** The names without a `*`, each once, in the order given. These must exist. */
  readonly named: readonly string[];
  /** Whether there are `*` globs, so that names alone do not tell which namespaces to ask for. */
  readonly hasGlobs: boolean;
  /**
   * Whether the input allows a namespace. AKS' own namespaces are allowed only by their full name. In the default scope
   * the namespace's labels have a say too: use {@link inScope}.
   */
  readonly matches: (name: string) => boolean;
}

/** Makes the scope of names and `*` globs; an empty list means every namespace with injection on. */
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

/** Whether a run judges a namespace, its labels considered. */
export function inScope(scope: NamespaceScope, rules: InjectionRules): (namespace: string) => boolean {
  return (namespace) =>
    scope.matches(namespace) && (!scope.isDefault || wantsInjection(rules.injectionIn(namespace)));
}
