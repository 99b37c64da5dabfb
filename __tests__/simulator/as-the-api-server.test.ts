/** Details in which the simulated API server writes as the real one does; conformance/suite/85-simulator.test.ts compares the two. */
import { describe, expect, it } from "vitest";
import { authorizationError } from "../../simulator/kubernetes/api/authorization.ts";
import { createListHandler } from "../../simulator/kubernetes/api/list.ts";
import { createPod } from "../../simulator/kubernetes/api/writes.ts";
import { RESOURCES } from "../../simulator/kubernetes/resources/all-resources.ts";
import type { Reply, SimulatedRequest } from "../../simulator/lib/http.ts";
import { type JsonObject, objectsAt, textAt, valueAt } from "../../simulator/lib/json.ts";
import { scenario } from "../../simulator/scenarios/registry.ts";
import { type Workload, workload } from "../../simulator/world/workload.ts";
import type { World } from "../../simulator/world/world.ts";

const FROM = Date.UTC(2026, 5, 1);
const HOUR = 3_600_000;

function resource(plural: string): (typeof RESOURCES)[number] {
  const found = RESOURCES.find((candidate) => candidate.plural === plural);
  if (found === undefined) throw new Error(`no resource ${plural}`);
  return found;
}

function objects(world: World, plural: string, now = FROM): JsonObject[] {
  return resource(plural).entries(world, now).map((entry) => entry.render());
}

function named(world: World, plural: string, name: string, now = FROM): JsonObject {
  return objects(world, plural, now).find((object) => textAt(object, "metadata", "name") === name) ?? {};
}

function request(path: string, more: Partial<SimulatedRequest> = {}): SimulatedRequest {
  const { pathname, searchParams } = new URL(path, "https://cluster.example");
  return { service: "kubernetes", method: "GET", path: pathname, query: searchParams, headers: {}, body: undefined, clientCertificate: undefined, at: FROM, ...more };
}

describe("counts in the status of workloads without pods", () => {
  const world = scenario("fresh").create(FROM);
  const countsOf = (plural: string, name: string): string[] => {
    const status = valueAt(named(world, plural, name), "status");
    return Object.entries(status ?? {}).filter(([, value]) => typeof value === "number").map(([key]) => key).sort();
  };

  // Source: k8s.io/api, apps/v1/types.go: which fields have omitempty.
  it.each([
    ["deployments", "cart", ["observedGeneration", "unavailableReplicas"]],
    ["statefulsets", "ledger", ["availableReplicas", "collisionCount", "observedGeneration", "replicas"]],
    ["daemonsets", "audit-agent", ["currentNumberScheduled", "desiredNumberScheduled", "numberMisscheduled", "numberReady", "numberUnavailable", "observedGeneration"]],
  ])("%s have only those that are never omitted, and those that are not zero", (plural, name, counts) => {
    expect(countsOf(plural, name)).toEqual(counts);
  });

  it("ReplicaSets always have replicas", () => {
    for (const replicaSet of objects(world, "replicasets").filter((object) => valueAt(object, "status", "replicas") === 0)) {
      expect(Object.keys(valueAt(replicaSet, "status") ?? {}).sort()).toEqual(["conditions", "observedGeneration", "replicas"]);
    }
  });
});

describe("events of refusals", () => {
  const eventsOf = (world: World, kind: string, now: number): JsonObject[] => objects(world, "events", now).filter((event) => textAt(event, "involvedObject", "kind") === kind);

  it("have the empty fields of the newer interface, and no labels", () => {
    const [event] = objects(scenario("fresh").create(FROM), "events");
    expect(event).toMatchObject({ eventTime: null, reportingComponent: textAt(event, "source", "component"), reportingInstance: "" });
    expect(valueAt(event, "metadata", "labels")).toBeUndefined();
  });

  it("name another pod each time; after nine of them they are combined", () => {
    const world = scenario("fresh").create(FROM);
    const agent = world.kubernetes.workloads.find(({ name }) => name === "audit-agent");
    if (agent === undefined) throw new Error("the scenario has no audit-agent");
    const since = agent.templates[0]?.at ?? FROM;
    const events = eventsOf(world, "DaemonSet", since + 60_000);
    expect(new Set(events.map((event) => textAt(event, "message"))).size).toBe(10);
    const combined = events.filter((event) => textAt(event, "message")?.startsWith("(combined from similar events): Error creating: pods \"audit-agent-"));
    expect(combined.map((event) => valueAt(event, "count"))).toEqual([5]);
    expect(events.filter((event) => valueAt(event, "count") === 1)).toHaveLength(9);
  });

  it("of a StatefulSet are one, which counts", () => {
    const events = eventsOf(scenario("fresh").create(FROM), "StatefulSet", FROM);
    expect(events).toHaveLength(1);
    expect(valueAt(events[0], "count")).toBeGreaterThan(100);
  });

  it("that are pauses of more than ten minutes apart are not combined, and are kept for an hour", () => {
    const events = eventsOf(scenario("fresh").create(FROM), "DaemonSet", FROM);
    expect(events.length).toBeGreaterThan(2);
    for (const event of events) {
      expect(valueAt(event, "count")).toBe(1);
      expect(FROM - Date.parse(textAt(event, "lastTimestamp") ?? "")).toBeLessThanOrEqual(HOUR);
    }
  });
});

describe("continue tokens", () => {
  const world = scenario("compliant").create(FROM);
  const lists = createListHandler(world);
  const pods = (query: string, at = FROM): Reply => lists.list(resource("pods"), undefined, request(`/api/v1/pods?limit=2${query}`, { at }));
  const tokenOf = ({ body }: Reply): string => textAt(body, "metadata", "continue") ?? "";
  const namesOf = ({ body }: Reply): (string | undefined)[] => objectsAt(body, "items").map((pod) => textAt(pod, "metadata", "name"));

  it.each([
    ["abc", "invalid character 'i' looking for beginning of value"],
    ["a!c", "illegal base64 data at input byte 1"],
    ["eyJ2IjoieCJ9", "server does not recognize this encoded version x"],
    ["eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ", "encoded start key empty (version meta.k8s.io/v1)"],
  ])("%s is refused with the reason", (token, reason) => {
    expect(pods(`&continue=${encodeURIComponent(token)}`)).toMatchObject({ status: 400, body: { reason: "BadRequest", message: `invalid continue token: continue key is not valid: ${reason}` } });
  });

  it("that are too old are refused with a token for the rest", () => {
    const whole = namesOf(lists.list(resource("pods"), undefined, request("/api/v1/pods")));
    const token = tokenOf(pods(""));
    world.kubernetes.continueTokens.lifetime = 1000;
    const expired = pods(`&continue=${token}`, FROM + 2000);
    expect(expired).toMatchObject({ status: 410, body: { reason: "Expired", message: expect.stringContaining("or use the continue token in this response to retrieve the remainder") as unknown } });
    expect(namesOf(pods(`&continue=${tokenOf(expired)}`, FROM + 2000))).toEqual(whole.slice(2, 4));
  });
});

describe("a refusal for want of rights", () => {
  it.each([
    ["one namespace", { resource: "namespaces", name: "shop", namespace: undefined }, 'in the namespace "shop"'],
    ["all namespaces", { resource: "namespaces", name: undefined, namespace: undefined }, "at the cluster scope"],
    ["a pod", { resource: "pods", name: "web", namespace: "shop" }, 'in the namespace "shop"'],
    ["one node", { resource: "nodes", name: "n1", namespace: undefined }, "at the cluster scope"],
  ])("names the scope of a request for %s", (_, access, scope) => {
    const world = scenario("compliant").create(FROM);
    world.rights.kubernetes = "none";
    const reply = authorizationError(world, "somebody", { verb: "get", group: "", ...access });
    expect(textAt(reply?.body, "message")).toContain(` in API group "" ${scope}: `);
  });
});

describe("a dry-run pod", () => {
  it("has a uid and no resourceVersion, since it is not stored", () => {
    const body = { apiVersion: "v1", kind: "Pod", metadata: { generateName: "probe-" }, spec: { containers: [{ name: "probe", image: "example/probe:1" }] } };
    const { status, body: pod } = createPod(scenario("compliant").create(FROM), "shop", request("/api/v1/namespaces/shop/pods?dryRun=All", { method: "POST", body }));
    expect(status).toBe(201);
    expect(textAt(pod, "metadata", "uid")).toBeDefined();
    expect(valueAt(pod, "metadata", "resourceVersion")).toBeUndefined();
  });
});

describe("a Deployment", () => {
  it("has the API server's defaults for a rolling update, which are texts", () => {
    expect(valueAt(named(scenario("compliant").create(FROM), "deployments", "storefront"), "spec", "strategy", "rollingUpdate")).toEqual({ maxSurge: "25%", maxUnavailable: "25%" });
  });
});

describe("an update whose pods are refused", () => {
  const UPDATED = FROM + HOUR;
  function update(kind: Workload["kind"]): World {
    const world = scenario("compliant").create(FROM);
    world.cluster.mechanisms.push({ from: UPDATED, mechanism: "InitContainers" });
    const agent = workload({ namespace: "shop", name: "agent", kind, replicas: 3, createdAt: FROM - HOUR });
    agent.templates.push(...agent.templates.map(({ template }) => ({ at: UPDATED, template: { ...template, annotations: { changed: "yes" } } })));
    world.kubernetes.workloads.push(agent);
    return world;
  }

  it.each([
    ["StatefulSet", "statefulsets", "replicas", { before: 3, after: 2 }],
    ["DaemonSet", "daemonsets", "currentNumberScheduled", { before: 5, after: 4 }],
  ] as const)("of a %s has deleted one pod before", (kind, plural, field, expected) => {
    const world = update(kind);
    const status = (now: number): unknown => valueAt(named(world, plural, "agent", now), "status", field);
    expect({ before: status(UPDATED), after: status(UPDATED + HOUR) }).toEqual(expected);
  });

  it("of a Deployment keeps the pods that it has", () => {
    const replicaSets = objects(update("Deployment"), "replicasets", UPDATED + HOUR).filter((object) => textAt(object, "metadata", "name")?.startsWith("agent-"));
    expect(replicaSets.map((object) => valueAt(object, "status", "replicas"))).toContain(3);
  });
});
