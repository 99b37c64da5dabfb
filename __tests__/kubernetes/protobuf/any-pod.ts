/** Generates pods of any shape, with the fields that the action reads. */
import fc from "fast-check";

/** A text, often one that the readers look for. */
export const ANY_TEXT = fc.oneof(fc.constantFrom("istio-proxy", "istio-init", "istio-validation", "app", "--run-validation", "Ready", "ContainersReady", "PodScheduled", "PodReadyToStartContainers", "0.0.0.0/0", "eth0", "Always", "True", "False", "", "2026-01-01T00:00:00Z"), fc.string());
export const ANY_MOMENT = fc.date({ min: new Date(0), max: new Date("2100-01-01T00:00:00Z"), noInvalidDate: true }).map((moment) => moment.toISOString().replace(/\.\d+Z$/, "Z"));

/** `moment`: values for times; `isReady`: values for a container's `ready`, which Kubernetes always sets. */
export function anyPod(moment: fc.Arbitrary<string>, isReady: fc.Arbitrary<boolean | undefined> = maybe(fc.boolean())): fc.Arbitrary<object> {
  const text = ANY_TEXT;
  const container = fc.record({
    name: text,
    args: list(text),
    restartPolicy: maybe(text),
    env: list(fc.record({ name: fc.constantFrom("DISABLE_ENVOY", "ISTIO_META_INTERCEPTION_MODE", "X"), value: maybe(text) })),
    securityContext: maybe(fc.record({ privileged: maybe(fc.boolean()), runAsUser: maybe(fc.constantFrom(1337, 0, 1)), runAsGroup: maybe(fc.constantFrom(1337, 2)), capabilities: maybe(fc.record({ add: list(text), drop: list(text) })) })),
  });
  const ended = fc.record({ terminated: maybe(fc.record({ exitCode: fc.integer(), finishedAt: maybe(moment) })) });
  const current = fc.record({ terminated: maybe(fc.record({ exitCode: fc.integer(), finishedAt: maybe(moment) })), waiting: maybe(fc.record({ reason: maybe(text), message: maybe(text) })) });
  const statusOf = fc.record({ name: text, ready: isReady, restartCount: maybe(fc.nat()), state: maybe(current), lastState: maybe(ended) });
  const annotations = maybe(fc.dictionary(fc.constantFrom("sidecar.istio.io/status", "sidecar.istio.io/inject", "sidecar.istio.io/interceptionMode", "kubernetes.io/config.mirror", "traffic.sidecar.istio.io/includeInboundPorts", "traffic.sidecar.istio.io/excludeOutboundIPRanges", "traffic.sidecar.istio.io/excludeInterfaces", "other"), text));
  const pod = fc.record({
    metadata: fc.record({
      name: text,
      namespace: text,
      labels: maybe(fc.dictionary(text, text)),
      annotations,
      deletionTimestamp: maybe(moment),
      creationTimestamp: maybe(moment),
      ownerReferences: list(fc.record({ kind: text, name: text, controller: maybe(fc.boolean()), uid: text })),
    }),
    spec: fc.record({ nodeName: maybe(text), hostNetwork: maybe(fc.boolean()), securityContext: maybe(fc.record({ runAsUser: maybe(fc.constantFrom(1337, 0)), runAsGroup: maybe(fc.constantFrom(1337, 3)) })), containers: list(container), initContainers: list(container) }),
    status: maybe(fc.record({ phase: maybe(fc.constantFrom("Running", "Failed", "Succeeded")), podIP: maybe(fc.constantFrom("10.0.0.1", "")), conditions: list(fc.record({ type: text, status: text, lastTransitionTime: maybe(moment) })), initContainerStatuses: list(statusOf), containerStatuses: list(statusOf) })),
  });
  // As in a response: an absent field is not an undefined one.
  return pod.map((made) => JSON.parse(JSON.stringify(made)) as object);
}

function maybe<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(value, { nil: undefined });
}

function list<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T[] | undefined> {
  return maybe(fc.array(value, { maxLength: 4 }));
}
