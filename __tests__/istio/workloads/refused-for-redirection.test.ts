/** Which workloads only wait for their controllers, and which Deployments have to be read for that. */
import { describe, expect, test } from "vitest";
import { CNI_CHAINING, INIT_CONTAINERS } from "../../../src/contract.ts";
import type { ReplicaSetFacts } from "../../../src/istio/kubernetes-facts.ts";
import type { MeshObservation } from "../../../src/istio/observation.ts";
import { refusedForRedirection, refusedOwners } from "../../../src/istio/workloads/refused-for-redirection.ts";
import { readWorkload } from "../../../src/istio/workloads/rollout.ts";
import { cluster, goal, NOW, observation, PROVEN, seen, snapshot, UNSEEN } from "../fixtures.ts";

const OF_INIT = "container istio-init adds NET_ADMIN";
const web = (change: Partial<ReplicaSetFacts> = {}): ReplicaSetFacts => ({ namespace: "shop", name: "web-1", owner: { kind: "Deployment", name: "web" }, failure: OF_INIT, template: { labels: {}, hasIstioInit: false }, desired: 1, ...change });

describe("the owners to read", () => {
  test.each<[string, readonly ReplicaSetFacts[], readonly string[]]>([
    ["of a refused Deployment", [web()], ["shop/Deployment/web"]],
    ["of a Deployment with two refused ReplicaSets, once", [web(), web({ name: "web-2" })], ["shop/Deployment/web"]],
    ["of Deployments of one name in two namespaces", [web(), web({ namespace: "pay" })], ["shop/Deployment/web", "pay/Deployment/web"]],
    ["of a ReplicaSet without an owner", [web({ owner: undefined })], []],
    ["of a ReplicaSet whose owner cannot be restarted", [web({ owner: { kind: "Rollout", name: "web" } })], []],
    ["of a ReplicaSet that is not refused", [web({ failure: undefined })], []],
    ["of a ReplicaSet without pods", [web({ desired: 0 })], []],
    ["of a ReplicaSet that is refused for another reason", [web({ failure: "exceeded quota: q" })], []],
    ["of a ReplicaSet that is refused for two reasons", [web({ failure: `${OF_INIT}; container app adds SYS_ADMIN` })], ["shop/Deployment/web"]],
  ])("%s", (_, replicaSets, owners) => {
    expect(refusedOwners(seen(replicaSets)).map(({ namespace, kind, name }) => `${namespace}/${kind}/${name}`)).toEqual(owners);
  });

  test("are none where ReplicaSets were not observed", () => expect(refusedOwners(UNSEEN)).toEqual([]));
});

describe("a refused workload", () => {
  const NO_PROBES = { probes: seen({ skipReason: "", answers: [], leftOut: 0 }) };
  const written = (at: number) => cluster({ lastChange: { by: "x", byType: "User", at: new Date(at).toISOString() } });
  const now = (change: Partial<MeshObservation>, facts = cluster(), target = goal(CNI_CHAINING)) =>
    refusedForRedirection(snapshot({ cluster: facts, observation: seen(observation({ replicaSets: seen([web()]), ...NO_PROBES, ...change })) }), target).map((one) => [one.now, one.isProbed]);
  const event = (refusedAt: number) => ({ replicaSets: seen([]), refusedWorkloads: seen({ workloads: [{ namespace: "shop", kind: "DaemonSet", name: "log", owner: undefined, message: OF_INIT, template: { labels: {}, hasIstioInit: false }, refusedAt }], notChecked: 0 }) });
  const LEGACY = { ...PROVEN, outcome: { kind: "admitted", state: "legacy-init", injection: { kind: "on", revision: "x" } } as const };
  const answers = (answer: typeof PROVEN) => ({ probes: seen({ skipReason: "", answers: [answer], leftOut: 0 }) });
  /** The longest pause of client-go's work queues: a thousand seconds. */
  const PAUSE = 1_000_000;

  test.each<[string, ReturnType<typeof now>, string, boolean]>([
    ["that a probe would be let in", now(answers(PROVEN)), "admitted", true],
    ["that a probe would be refused", now(answers(LEGACY)), "refused", true],
    ["whose namespace was not probed", now(answers({ ...PROVEN, namespace: "pay" })), "admitted", false],
    ["without a probe", now({}), "admitted", false],
    ["whose probes were not observed", now({ probes: UNSEEN }), "admitted", false],
    ["after a failed write", now({}, cluster({ provisioningState: "Canceled" })), "refused", false],
    ["while Azure has init containers", now({}, cluster({ mesh: { mode: "Istio", revisions: ["asm-1-26"], redirectionMechanism: INIT_CONTAINERS } })), "refused", false],
    ["where init containers should redirect", now({}, cluster(), goal(INIT_CONTAINERS)), "refused", false],
    ["whose injectors were not observed", now({ injectors: UNSEEN }), "unknown", false],
    ["without an injector", now({ injectors: seen([]) }), "unknown", false],
    ["where one injector of two is configured", now({ injectors: seen([{ revision: "a", cniEnabled: true }, { revision: "b", cniEnabled: false }]) }), "unknown", false],
    ["at the end of the longest pause after the last write", now(event(NOW + PAUSE), written(NOW)), "admitted", false],
    ["after the longest pause after the last write", now(event(NOW + PAUSE + 1), written(NOW)), "refused", false],
    ["before the last write", now(event(NOW - PAUSE), written(NOW)), "admitted", false],
  ])("%s", (_, found, expected, isProbed) => {
    expect(found).toEqual([[expected, isProbed]]);
  });

  test("is none where the cluster was not observed", () => {
    expect(refusedForRedirection(snapshot({ observation: UNSEEN }), goal(CNI_CHAINING))).toEqual([]);
  });
});

describe("the facts of a refused Deployment", () => {
  const factsOf = (hasOwnIstioInit: boolean) => ({ ...readWorkload("Deployment", { metadata: { name: "web" } })!, hasOwnIstioInit });
  const others = [["pay", "Deployment", "web"], ["shop", "StatefulSet", "web"], ["shop", "Deployment", "api"]] as const;
  const read = [...others.map(([namespace, kind, name]) => ({ namespace, kind, name, facts: factsOf(true) })), { namespace: "shop", kind: "Deployment", name: "web", facts: factsOf(false) } as const];
  const found = (rollables: MeshObservation["refusedRollables"]) => refusedForRedirection(snapshot({ observation: seen(observation({ replicaSets: seen([web()]), refusedRollables: rollables })) }), goal(CNI_CHAINING)).map(({ facts, now }) => [facts?.hasOwnIstioInit, now]);

  test("are its own, not those of another namespace, kind or name", () => expect(found(seen(read))).toEqual([[false, "admitted"]]));
  test("are unknown where it could not be read", () => expect(found(UNSEEN)).toEqual([[undefined, "admitted"]]));
  test("show that it goes on being refused where its template has istio-init itself", () => {
    expect(found(seen([{ namespace: "shop", kind: "Deployment", name: "web", facts: factsOf(true) }]))).toEqual([[true, "refused"]]);
  });
});
