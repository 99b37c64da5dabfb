/** Readers return the same for a projected object as for the whole one: Istio's golden pods, all simulated objects, generated pods. */
import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RESOURCES } from "../../../simulator/kubernetes/resources/all-resources.ts";
import { scenario, scenarios } from "../../../simulator/scenarios/registry.ts";
import { projectionFor } from "../../../src/kubernetes/run-command/projections.ts";
import { readAgentPod, readDaemonSet, readInjectionWebhooks, readInjector, readNamespace, readNodeName, readReplicaSet } from "../../../src/istio/kubernetes-facts.ts";
import { readPod } from "../../../src/istio/pods/pod.ts";
import { confirmRefusal, readCandidate, type RefusalCandidate } from "../../../src/istio/workloads/refused-workloads.ts";
import { readWorkload } from "../../../src/istio/workloads/rollout.ts";
import { ORACLES_ABSENT, WHY_SKIPPED } from "../../oracles/folder.ts";
import { ANY_TEXT, anyPod } from "../protobuf/any-pod.ts";
import { goldenPods, goldenVersions } from "../../oracles/golden-pods.ts";
import { NO_JQ, WHY_NO_JQ } from "./shell.ts";

type Reader = (json: unknown) => unknown;

const candidate = (kind: RefusalCandidate["kind"]): RefusalCandidate => ({ namespace: "n", kind, name: "x", message: "m", lastSeenAt: 0 });

/** All readers in `src/` by resource. */
const READERS: Readonly<Record<string, readonly Reader[]>> = {
  pods: [readPod, readAgentPod],
  replicasets: [readReplicaSet],
  namespaces: [readNamespace],
  nodes: [readNodeName],
  events: [readCandidate],
  configmaps: [readInjector],
  mutatingwebhookconfigurations: [readInjectionWebhooks],
  deployments: [(json) => readWorkload("Deployment", json)],
  statefulsets: [(json) => readWorkload("StatefulSet", json), (json) => confirmRefusal(candidate("StatefulSet"), json)],
  daemonsets: [readDaemonSet, (json) => readWorkload("DaemonSet", json), (json) => confirmRefusal(candidate("DaemonSet"), json)],
  jobs: [(json) => confirmRefusal(candidate("Job"), json)],
};

function project(resource: string, objects: readonly unknown[]): readonly unknown[] {
  const printed = execFileSync("jq", ["-c", `.[] | ${projectionFor(resource)}`], { input: JSON.stringify(objects), encoding: "utf8", maxBuffer: 1e9 });
  return printed
    .trim()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
}

/** @returns the average size of a projected object, in bytes */
function expectSameFacts(resource: string, objects: readonly unknown[]): number {
  const projected = project(resource, objects);
  expect(projected).toHaveLength(objects.length);
  for (const read of READERS[resource] ?? []) expect(projected.map(read)).toEqual(objects.map(read));
  return JSON.stringify(projected).length / objects.length;
}

describe.skipIf(NO_JQ)(`projections${WHY_NO_JQ}`, () => {
  it("exist for every resource that has readers, and have one line", () => {
    for (const resource of Object.keys(READERS)) {
      expect(projectionFor(resource)).not.toBe(projectionFor("anything"));
      expect(projectionFor(resource)).not.toMatch(/[\n\r]/);
    }
  });

  it.skipIf(ORACLES_ABSENT).each(goldenVersions())(`keep the fields that are read of Istio's golden pods, %s${WHY_SKIPPED}`, (version) => {
    const pods = goldenPods(version).map(({ pod }) => pod);
    expect(pods.length).toBeGreaterThan(90);
    expect(expectSameFacts("pods", pods)).toBeLessThan(2000);
  });

  it.each(RESOURCES.map(({ plural }) => plural))("keep the fields that are read of all %s of every scenario", (plural) => {
    const now = Date.UTC(2026, 5, 1);
    const objects = scenarios.flatMap(({ name }) => {
      const world = scenario(name).create(now);
      return RESOURCES.filter((resource) => resource.plural === plural).flatMap((resource) => [0, 600_000].flatMap((later) => resource.entries(world, now + later).map((entry) => entry.render())));
    });
    if (objects.length > 0) expect(expectSameFacts(plural, objects)).toBeLessThan(4000);
  });

  it("keep the fields that are read of generated pods", () => {
    fc.assert(
      fc.property(fc.array(anyPod(ANY_TEXT), { minLength: 80, maxLength: 160 }), (pods) => {
        expectSameFacts("pods", pods);
      }),
      // Each run starts jq.
      { numRuns: 8 },
    );
  });

  it.each([[{ pilot: { cni: { enabled: true } } }], [{ pilot: { cni: { enabled: false } } }], [{ pilot: {} }], [{ pilot: { cni: { enabled: "true" } } }], ["not JSON"], [""], [[]], [null], [{ pilot: "x" }]])(
    "keep the fields that are read of an injector whose values are %j",
    (values) => {
      expectSameFacts("configmaps", [{ metadata: { name: "istio-sidecar-injector-asm-1-26" }, data: { values: typeof values === "string" ? values : JSON.stringify(values), config: "x" } }, { metadata: { name: "other" }, data: { a: "b" } }]);
    },
  );
});
