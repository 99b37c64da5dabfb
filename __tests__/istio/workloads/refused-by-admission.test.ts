import { expect, test } from "vitest";
import type { PodTemplateFacts } from "../../../src/istio/kubernetes-facts.ts";
import { refusedByAdmission } from "../../../src/istio/workloads/refused-by-admission.ts";
import { goal, seen, SHOP, showing, UNSEEN } from "../fixtures.ts";

const CAPABILITY = "Disallowed capabilities detected: NET_ADMIN";
const PLAIN: PodTemplateFacts = { labels: {}, hasIstioInit: false };

function judged(failure: string, template: PodTemplateFacts = PLAIN, namespace = "shop", more: Parameters<typeof showing>[0] = {}) {
  const replicaSet = { namespace, name: "web-1", owner: { kind: "Deployment", name: "web" }, failure, template, desired: 1 };
  const namespaces = seen([SHOP, { name: "plain", labels: {} }, { name: "tagged", labels: { "istio.io/rev": "prod" } }]);
  return refusedByAdmission(showing({ namespaces, replicaSets: seen([replicaSet]), ...more }), goal())[0];
}

test.each<[string, string, PodTemplateFacts, boolean, boolean]>([
  ["a capability without a container", CAPABILITY, PLAIN, true, true],
  ["istio-init", "container istio-init adds NET_ADMIN", PLAIN, true, true],
  ["istio-init and the application", "container istio-init adds NET_ADMIN; container vpn adds SYS_ADMIN", PLAIN, true, false],
  ["istio-init and a profile that is missing", "container istio-init adds NET_ADMIN; containers istio-init, istio-proxy lack a seccompProfile", PLAIN, true, false],
  ["istio-proxy", "container istio-proxy adds NET_ADMIN", PLAIN, true, false],
  ["a template with istio-init", CAPABILITY, { labels: {}, hasIstioInit: true }, true, false],
  ["the application", "container vpn adds NET_ADMIN", PLAIN, false, false],
])("%s: whether it is of the mesh, and whether it ends with CNI chaining", (_, failure, template, isOfMesh, endsWithCni) => {
  expect(judged(failure, template)).toMatchObject({ kind: "Deployment", name: "web", isOfMesh, endsWithCni });
});

test("a pod that injection may select counts where that cannot be read", () => {
  expect(judged(CAPABILITY, PLAIN, "tagged", { webhooks: UNSEEN })?.isOfMesh).toBe(true);
  expect(judged(CAPABILITY, PLAIN, "shop", { namespaces: UNSEEN })?.isOfMesh).toBe(true);
  expect(judged(CAPABILITY, { ...PLAIN, labels: { "sidecar.istio.io/inject": "false" } }, "tagged", { webhooks: UNSEEN })?.isOfMesh).toBe(false);
  expect(judged(CAPABILITY, PLAIN, "plain")).toBeUndefined();
});
