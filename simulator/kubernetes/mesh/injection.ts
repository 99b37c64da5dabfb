/** The sidecar injector: which revision takes a pod, if any does. */
import { isObject, objectsAt, textAt } from "../../lib/json.ts";
import { type Mechanism, mechanismAt, namespaceLabelsAt, type World } from "../../world/world.ts";
import { meshWebhooks } from "./addon.ts";
import { matchesSelector } from "../objects/selectors.ts";

/** What the injector looks at. */
export interface InjectionSubject {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly hostNetwork: boolean;
}

/** How a pod is injected. */
export interface Injection {
  readonly revision: string;
  readonly mechanism: Mechanism;
  /** Whether the sidecar is an init container that restarts always. */
  readonly native: boolean;
}

/** Namespaces in which the injector leaves every pod alone, whatever its webhooks select. */
const IGNORED = new Set(["kube-system", "kube-public", "kube-node-lease", "local-path-storage"]);

/** The revision whose webhooks select a pod; undefined where none do. */
function selectingRevision(world: World, { namespace, labels }: InjectionSubject, at: number): string | undefined {
  const namespaceLabels = namespaceLabelsAt(world, namespace, at) ?? {};
  for (const configuration of meshWebhooks(world)) {
    const takes = objectsAt(configuration, "webhooks").some((webhook) => {
      const { namespaceSelector, objectSelector } = webhook;
      if (!isObject(namespaceSelector) || !isObject(objectSelector)) return false;
      return matchesSelector(namespaceLabels, namespaceSelector) && matchesSelector(labels, objectSelector);
    });
    if (takes) return textAt(configuration, "metadata", "labels", "istio.io/rev");
  }
  return undefined;
}

/** What the injector itself thinks of a pod that it is handed: the label says more than the annotation. */
function isWanted({ namespace, labels, annotations, hostNetwork }: InjectionSubject): boolean {
  if (hostNetwork || IGNORED.has(namespace) || annotations["sidecar.istio.io/status"] !== undefined) return false;
  const wish = labels["sidecar.istio.io/inject"] ?? annotations["sidecar.istio.io/inject"] ?? "";
  return wish === "" || ["y", "yes", "true", "on"].includes(wish.toLowerCase());
}

function isTrue(text: string): boolean {
  return ["1", "t", "T", "true", "TRUE", "True"].includes(text);
}

/** Native sidecars: as the pod says, else as the cluster's history has it, else from asm-1-29 on. */
function usesNativeSidecar(world: World, revision: string, annotations: InjectionSubject["annotations"]): boolean {
  const wish = annotations["sidecar.istio.io/nativeSidecar"];
  if (wish !== undefined) return isTrue(wish);
  const minor = Number(/^asm-1-(\d+)$/.exec(revision)?.[1] ?? 0);
  return world.kubernetes.nativeSidecars ?? minor >= 29;
}

/** How a pod created at a moment is injected; undefined where it is not. */
export function injectionOf(world: World, subject: InjectionSubject, at: number): Injection | undefined {
  const revision = isWanted(subject) ? selectingRevision(world, subject, at) : undefined;
  if (revision === undefined) return undefined;
  const { mechanism } = mechanismAt(world, at);
  return { revision, mechanism, native: usesNativeSidecar(world, revision, subject.annotations) };
}
