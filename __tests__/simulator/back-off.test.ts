/** The simulated controllers try again after pauses that double, as those of Kubernetes do. */
import { describe, expect, it } from "vitest";
import { lastAttempt, nextAttempt } from "../../simulator/kubernetes/workloads/back-off.ts";
import { RESOURCES } from "../../simulator/kubernetes/resources/all-resources.ts";
import { scenario } from "../../simulator/scenarios/registry.ts";
import { at, textAt } from "../../src/lib/json.ts";

const MINUTE = 60_000;
const FROM = Date.UTC(2026, 5, 1);

describe("the attempts of a controller", () => {
  it.each([
    ["Deployment", 0, 0, 1],
    ["Deployment", 4, 0, 1],
    ["Deployment", 5, 5, 2],
    ["StatefulSet", 36, 35, 4],
    ["DaemonSet", 11 * MINUTE, 5 * (2 ** 17 - 1), 18],
    ["Deployment", 1_311_000, 5 * (2 ** 18 - 1), 19],
    ["Deployment", 2_310_715, 1_310_715 + 1_000_000, 20],
    ["Job", 5000, 3000, 3],
    ["Job", 10 * MINUTE, 63_000 + 8 * MINUTE, 15],
  ] as const)("%s, %i ms after the first one: the last was at %i ms, the %i-th", (kind, elapsed, at, number) => {
    expect(lastAttempt(kind, FROM, FROM + elapsed)).toEqual({ at: FROM + at, number });
  });

  it.each(["Deployment", "Job"] as const)("of a %s: the next one follows the last one", (kind) => {
    for (let elapsed = 0; elapsed < 3_000_000; elapsed += 7919) {
      const next = nextAttempt(kind, FROM, FROM + elapsed);
      const before = lastAttempt(kind, FROM, next.at - 1);
      expect(next.at).toBeGreaterThanOrEqual(FROM + elapsed);
      expect(before === undefined ? 0 : before.at, "none in between").toBeLessThan(elapsed === 0 ? FROM : FROM + elapsed);
      expect(next.at - (before?.at ?? next.at), "at most the longest pause").toBeLessThanOrEqual(kind === "Job" ? 60_000 : 1_000_000);
      expect(lastAttempt(kind, FROM, next.at)).toEqual(next);
    }
  });
});

describe("workloads that are refused since yesterday", () => {
  const render = (world: ReturnType<ReturnType<typeof scenario>["create"]>, plural: string, now: number) => (RESOURCES.find((resource) => resource.plural === plural)?.entries(world, now) ?? []).map((entry) => entry.render());

  it("have an event at most a pause ago, and no older than an hour", () => {
    const world = scenario("fresh").create(FROM);
    const events = render(world, "events", FROM);
    const kinds = [...new Set(events.map((event) => textAt(event, "involvedObject", "kind")))].sort();
    expect(kinds).toEqual(["DaemonSet", "Job", "ReplicaSet", "StatefulSet"]);
    for (const kind of kinds) {
      const last = events.filter((event) => textAt(event, "involvedObject", "kind") === kind).map((event) => Date.parse(textAt(event, "lastTimestamp")));
      expect(FROM - Math.max(...last)).toBeLessThanOrEqual(kind === "Job" ? MINUTE : 1_000_000);
      expect(FROM - Math.min(...last)).toBeLessThanOrEqual(60 * MINUTE);
    }
  });

  it("get pods only with the next attempt after the switch; those of a Job within a minute", () => {
    const world = scenario("fresh").create(FROM);
    world.cluster.mechanisms.push({ from: FROM, mechanism: "CNIChaining" });
    const owners = (now: number): ReadonlySet<string> => new Set(render(world, "pods", now).filter((pod) => ["shop", "payments"].includes(textAt(pod, "metadata", "namespace"))).map((pod) => textAt((at(pod, "metadata", "ownerReferences") as unknown[])[0], "kind")));
    expect(owners(FROM + MINUTE)).toEqual(new Set(["Job"]));
    expect(owners(FROM + 17 * MINUTE)).toEqual(new Set(["ReplicaSet", "StatefulSet", "DaemonSet", "Job"]));
  });
});
