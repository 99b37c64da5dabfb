import { describe, expect, test } from "vitest";
import { namespaceScope } from "../../../src/istio/injection/namespace-scope.ts";
import type { ReplicaSetFacts } from "../../../src/istio/kubernetes-facts.ts";
import { observeRefused } from "../../../src/phases/observe/observe-refused.ts";
import { InMemoryApi } from "../../in-memory-api.ts";
import { observation, seen } from "../../istio/fixtures.ts";

const DENIED = "container istio-init must not add NET_ADMIN";
const EVERYWHERE = namespaceScope([]);
const replicaSet = (namespace: string, name: string): ReplicaSetFacts => ({ namespace, name, owner: { kind: "Deployment", name }, failure: DENIED, desired: 1, template: { labels: {}, hasIstioInit: false } });
const object = (namespace: string, name: string, conditions: readonly object[] = []) => ({ metadata: { namespace, name }, spec: { replicas: 1 }, status: { conditions } });
const ledger = { namespace: "payments", kind: "StatefulSet", name: "ledger", owner: undefined, message: DENIED, template: { labels: {}, hasIstioInit: false }, refusedAt: 7 };
const LEDGER = "/apis/apps/v1/namespaces/payments/statefulsets/ledger";
const paths = ({ queries }: InMemoryApi): readonly string[] => queries.flatMap((query) => query.paths);

describe("a look at the refused workloads", () => {
  test("lists the ReplicaSets of the scope", async () => {
    const api = new InMemoryApi();
    api.objects.set("/apis/apps/v1/namespaces/shop/replicasets", [object("shop", "cart"), object("shop", "web", [{ type: "ReplicaFailure", status: "True", message: DENIED }])]);
    const { replicaSets } = await observeRefused(observation({ replicaSets: seen([replicaSet("shop", "cart"), replicaSet("shop", "web")]) }), namespaceScope(["shop"]), api);
    expect(paths(api)).toEqual(["/apis/apps/v1/namespaces/shop/replicasets"]);
    expect(replicaSets.seen && replicaSets.value.map(({ name, failure }) => [name, failure])).toEqual([["cart", undefined], ["web", DENIED]]);
  });
  test.each([
    ["still lacks pods", { spec: { replicas: 2 }, status: { replicas: 1 } }, [ledger]],
    ["has its pods", { spec: { replicas: 2 }, status: { replicas: 2 } }, []],
    ["is gone", undefined, []],
  ])("confirms the refusal of a StatefulSet that %s", async (_, workload, expected) => {
    const api = new InMemoryApi();
    if (workload !== undefined) api.objects.set(LEDGER, workload);
    const { refusedWorkloads } = await observeRefused(observation({ refusedWorkloads: seen({ workloads: [ledger], notChecked: 3 }) }), EVERYWHERE, api);
    expect(paths(api)).toEqual(["/apis/apps/v1/replicasets", LEDGER]);
    expect(refusedWorkloads).toEqual(seen({ workloads: expected, notChecked: 3 }));
  });
  test("does not take what it may not read for good news", async () => {
    const api = new InMemoryApi();
    api.refuseQuery = () => 403;
    const latest = observation({ replicaSets: seen([replicaSet("shop", "web")]), refusedWorkloads: seen({ workloads: [ledger], notChecked: 0 }) });
    const { replicaSets, refusedWorkloads } = await observeRefused(latest, EVERYWHERE, api);
    expect([replicaSets.seen, refusedWorkloads.seen]).toEqual([false, false]);
  });
});
