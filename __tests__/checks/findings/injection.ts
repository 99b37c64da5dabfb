/** Situations of `namespaces-labelled`. */
import { namespacesLabelled } from "../../../src/checks/namespaces-labelled.ts";
import { CNI_CHAINING, type PodState } from "../../../src/contract.ts";
import { standardWebhooks } from "../../../src/istio/injection/injection-rules.ts";
import type { NamespaceFacts } from "../../../src/istio/kubernetes-facts.ts";
import type { MeshObservation } from "../../../src/istio/observation.ts";
import { cluster, goal, observation, PROVEN, seen, SHOP, showing, snapshot, UNSEEN } from "../../istio/fixtures.ts";
import type { Situation } from "./as-text.ts";

const namespace = (name: string, labels: Record<string, string> = {}): NamespaceFacts => ({ name, labels });
const rev = (revision: string) => ({ "istio.io/rev": revision });
const labelled = (namespaces: readonly NamespaceFacts[], names: readonly string[] = [], change: Partial<MeshObservation> = {}) =>
  namespacesLabelled(showing({ namespaces: seen(namespaces), probes: UNSEEN, ...change }), goal(CNI_CHAINING, ...names));
const probed = (state: PodState, name = "shop") => seen({ skipReason: "", answers: [{ ...PROVEN, namespace: name, outcome: { kind: "admitted", state, injection: { kind: "on", revision: "x" } } as const }], leftOut: 0 });
const TAGGED = [namespace("shop", rev("prod"))];
const UNLISTED = { webhooks: UNSEEN };
const MANY = ["g", "f", "e", "d", "c", "b", "a"].map((name) => namespace(name, rev("asm-1-26")));
const TWO_REVISIONS = cluster({ mesh: { mode: "Istio", revisions: ["asm-1-26", "asm-1-27"], redirectionMechanism: CNI_CHAINING } });
const withoutWebhook = (namespaces: readonly NamespaceFacts[]) =>
  namespacesLabelled(snapshot({ cluster: TWO_REVISIONS, observation: seen(observation({ namespaces: seen(namespaces), webhooks: seen(standardWebhooks("asm-1-26")), probes: UNSEEN })) }), goal(CNI_CHAINING));

export const INJECTION = (): readonly Situation[] => [
  ["Injection is on", labelled([SHOP, namespace("plain")])],
  ["Injection is on in five namespaces", labelled(MANY.slice(2))],
  ["Injection is on in seven namespaces", labelled(MANY)],
  ["No namespace has injection on", labelled([namespace("plain"), namespace("kube-system", rev("asm-1-26"))])],
  ["The namespaces could not be read", namespacesLabelled(showing({ namespaces: UNSEEN }), goal(CNI_CHAINING))],
  ["A pattern of the input matches nothing", labelled([SHOP], ["team-*"])],
  ["A named namespace has no label", labelled([SHOP, namespace("plain")], ["shop", "plain"])],
  ["A named namespace does not exist", labelled([SHOP], ["shop", "nowhere"])],
  ["A namespace has a revision that nothing serves", labelled([SHOP, namespace("gone", rev("asm-1-20"))])],
  ["A namespace has a revision whose webhook is missing", withoutWebhook([SHOP, namespace("next", rev("asm-1-27"))])],
  ["A namespace has a revision whose webhook is missing, another one that nothing serves", withoutWebhook([namespace("gone", rev("asm-1-20")), namespace("next", rev("asm-1-27"))])],
  ["istio-injection beside a revision", labelled([namespace("shop", { ...rev("asm-1-26"), "istio-injection": "enabled" })])],
  ["istio-injection alone", labelled([SHOP, namespace("old", { "istio-injection": "enabled" })])],
  ["istio-injection alone, in a named namespace", labelled([SHOP, namespace("old", { "istio-injection": "enabled" })], ["old"])],
  ["istio-injection switches injection off on purpose", labelled([SHOP, namespace("old", { "istio-injection": "disabled" })])],
  ["One namespace without effect, one without a server", labelled([namespace("old", { "istio-injection": "enabled" }), namespace("gone", rev("asm-1-20"))])],
  ["A revision may be a tag", labelled(TAGGED, [], UNLISTED)],
  ["A revision may be a tag, and a probe was injected", labelled(TAGGED, [], { ...UNLISTED, probes: probed("legacy-init") })],
  ["A revision may be a tag, and a probe was not injected", labelled(TAGGED, [], { ...UNLISTED, probes: probed("not-injected") })],
  ["A revision may be a tag, and a probe of another namespace was injected", labelled(TAGGED, [], { ...UNLISTED, probes: probed("cni", "pay") })],
  ["A revision may be a tag, and a probe was refused", labelled(TAGGED, [], { ...UNLISTED, probes: seen({ skipReason: "", answers: [{ ...PROVEN, outcome: { kind: "unanswered", message: "500", remedy: "" } }], leftOut: 0 }) })],
  ["A label may exclude the namespace", labelled([namespace("shop", { ...rev("asm-1-26"), "control-plane": "x" })], [], UNLISTED)],
  ["A label excludes the namespace", labelled([namespace("shop", { ...rev("asm-1-26"), "control-plane": "x" })], [], { webhooks: seen(standardWebhooks("asm-1-26").map((webhook) => ({ ...webhook, namespaceSelector: { matchLabels: {}, matchExpressions: [...webhook.namespaceSelector.matchExpressions, { key: "control-plane", operator: "DoesNotExist", values: [] }] } }))) })],
  ["A namespace of an ambient mesh", labelled([SHOP, namespace("mesh", { "istio.io/dataplane-mode": "ambient", ...rev("asm-1-26") })])],
  ["A named namespace of an ambient mesh", labelled([namespace("mesh", { "istio.io/dataplane-mode": "ambient" })], ["mesh"])],
  ["Every kind of finding at once", labelled([namespace("old", { "istio-injection": "enabled" }), namespace("bare"), namespace("tag", rev("prod")), namespace("mesh", { "istio.io/dataplane-mode": "ambient" }), namespace("held", { ...rev("asm-1-26"), "control-plane": "x" })], ["old", "bare", "tag", "mesh", "held", "nowhere"], UNLISTED)],
];
