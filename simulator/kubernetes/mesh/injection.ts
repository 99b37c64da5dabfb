/** Whether a pod is injected, by which revision and how. */
import { isObject, objectsAt, textAt } from "../../lib/json.ts";
import type { Mechanism } from "../../world/cluster.ts";
import { mechanismAt, namespaceLabelsAt, type World } from "../../world/world.ts";
import { matchesSelector } from "../objects/selectors.ts";
import { meshWebhooks } from "./addon.ts";

/** The properties of a pod that decide about injection. */
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
  /** Whether the sidecar is an init container that always restarts. */
  readonly native: boolean;
}

/** Namespaces in which the injector never injects, whatever its webhooks select. */
const IGNORED = new Set(["kube-system", "kube-public", "kube-node-lease", "local-path-storage"]);

/** The revision whose webhooks select a pod; undefined: none. */
function selectingRevision(world: World, { namespace, labels }: InjectionSubject, at: number): string | undefined {
  const namespaceLabels = namespaceLabelsAt(world, namespace, at) ?? {};
  for (const configuration of meshWebhooks(world)) {
    const isSelected = objectsAt(configuration, "webhooks").some((webhook) => {
      const { namespaceSelector, objectSelector } = webhook;
      if (!isObject(namespaceSelector) || !isObject(objectSelector)) return false;
      return matchesSelector(namespaceLabels, namespaceSelector) && matchesSelector(labels, objectSelector);
    });
    if (isSelected) return textAt(configuration, "metadata", "labels", "istio.io/rev");
  }
  return undefined;
}

/** Whether the injector itself injects a pod that a webhook selected. The label has precedence over the annotation. */
function isWanted({ namespace, labels, annotations, hostNetwork }: InjectionSubject): boolean {
  if (hostNetwork || IGNORED.has(namespace) || annotations["sidecar.istio.io/status"] !== undefined) return false;
  const requested = labels["sidecar.istio.io/inject"] ?? annotations["sidecar.istio.io/inject"] ?? "";
  return requested === "" || ["y", "yes", "true", "on"].includes(requested.toLowerCase());
}

function isTrue(text: string): boolean {
  return ["1", "t", "T", "true", "TRUE", "True"].includes(text);
}

/** Native sidecars: by the pod's annotation, otherwise by the cluster's setting, otherwise from asm-1-29 on. */
function usesNativeSidecar(world: World, revision: string, annotations: InjectionSubject["annotations"]): boolean {
  const requested = annotations["sidecar.istio.io/nativeSidecar"];
  if (requested !== undefined) return isTrue(requested);
  const minor = Number(/^asm-1-(\d+)$/.exec(revision)?.[1] ?? 0);
  return world.kubernetes.nativeSidecars ?? minor >= 29;
}

/** How a pod that is created at this time is injected; undefined where it is not. */
export function injectionOf(world: World, subject: InjectionSubject, at: number): Injection | undefined {
  const revision = isWanted(subject) ? selectingRevision(world, subject, at) : undefined;
  if (revision === undefined) return undefined;
  const { mechanism } = mechanismAt(world, at);
  return { revision, mechanism, native: usesNativeSidecar(world, revision, subject.annotations) };
}
