/** Readers make the same of a projected object, and of one read by its fields, as of the whole: on Istio's golden pods, on every simulated object, on anything. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { RESOURCES } from "../../simulator/kubernetes/catalog.ts";
import { scenario, scenarios } from "../../simulator/scenarios/registry.ts";
import { fieldPlan, FieldReader } from "../../src/kubernetes/field-reader.ts";
import { fieldsOf } from "../../src/kubernetes/fields.ts";
import { projectionOf } from "../../src/kubernetes/projections.ts";
import { arrayAt, at, isRecord, textAt } from "../../src/mesh/json.ts";
import { readAgentPod, readDaemonSet, readInjectionWebhooks, readInjector, readNamespace, readNodeName, readReplicaSet } from "../../src/mesh/kubernetes-facts.ts";
import { readPod } from "../../src/mesh/pod.ts";
import { confirm, readSuspect, type Suspect } from "../../src/mesh/refused-workloads.ts";
import { readWorkload } from "../../src/mesh/rollout.ts";
import { ORACLES, ORACLES_ABSENT, WHY_SKIPPED } from "../oracles/folder.ts";
import { NO_JQ, WHY_NO_JQ } from "./shell.ts";

type Reader = (json: unknown) => unknown;

const suspect = (kind: Suspect["kind"]): Suspect => ({ namespace: "n", kind, name: "x", message: "m", lastAt: 0 });

/** What reads objects of each resource anywhere in `src/`. */
const READERS: Readonly<Record<string, readonly Reader[]>> = {
  pods: [readPod, readAgentPod],
  replicasets: [readReplicaSet],
  namespaces: [readNamespace],
  nodes: [readNodeName],
  events: [readSuspect],
  configmaps: [readInjector],
  mutatingwebhookconfigurations: [readInjectionWebhooks],
  deployments: [(json) => readWorkload("Deployment", json)],
  statefulsets: [(json) => readWorkload("StatefulSet", json), (json) => confirm(suspect("StatefulSet"), json)],
  daemonsets: [readDaemonSet, (json) => readWorkload("DaemonSet", json), (json) => confirm(suspect("DaemonSet"), json)],
  jobs: [(json) => confirm(suspect("Job"), json)],
};

function project(resource: string, objects: readonly unknown[]): readonly unknown[] {
  const printed = execFileSync("jq", ["-c", `.[] | ${projectionOf(resource)}`], { input: JSON.stringify(objects), encoding: "utf8", maxBuffer: 1e9 });
  return printed
    .trim()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
}

/** The size of what is left, in bytes an object. */
function expectSameFacts(resource: string, objects: readonly unknown[]): number {
  const projected = project(resource, objects);
  expect(projected).toHaveLength(objects.length);
  const fields = fieldsOf(resource);
  const asBytes = fields === undefined ? objects : objects.map((object) => new FieldReader(Buffer.from(JSON.stringify(object))).value(fieldPlan(fields)));
  for (const read of READERS[resource] ?? []) {
    expect(projected.map(read), "what jq leaves").toEqual(objects.map(read));
    expect(asBytes.map(read), "what is read of the bytes").toEqual(objects.map(read));
  }
  return JSON.stringify(projected).length / objects.length;
}

/** Pods and pod templates, as pods. */
function podsIn(object: unknown): readonly unknown[] {
  if (textAt(object, "kind") === "Pod") return [object];
  if (textAt(object, "kind") === "List") return arrayAt(object, "items").flatMap(podsIn);
  const template = textAt(object, "kind") === "CronJob" ? at(object, "spec", "jobTemplate", "spec", "template") : at(object, "spec", "template");
  return isRecord(at(template, "spec")) ? [template] : [];
}

const golden = `${ORACLES}/istio-injected`;
const versions = ORACLES_ABSENT || !existsSync(golden) ? [] : readdirSync(golden);

describe.skipIf(NO_JQ)(`projections${WHY_NO_JQ}`, () => {
  it("exist for every resource that has readers, and in one line", () => {
    for (const resource of Object.keys(READERS)) {
      expect(projectionOf(resource)).not.toBe(projectionOf("anything"));
      expect(projectionOf(resource)).not.toMatch(/[\n\r]/);
    }
  });

  it.skipIf(ORACLES_ABSENT).each(versions)(`keep what counts of Istio's golden pods, %s${WHY_SKIPPED}`, (version) => {
    const pods = readdirSync(`${golden}/${version}`).flatMap((file) => parseAllDocuments(readFileSync(`${golden}/${version}/${file}`, "utf8")).flatMap((document) => podsIn(document.toJS())));
    expect(pods.length).toBeGreaterThan(90);
    expect(expectSameFacts("pods", pods)).toBeLessThan(2000);
  });

  it.each(RESOURCES.map(({ plural }) => plural))("keep what counts of all %s of every scenario", (plural) => {
    const now = Date.UTC(2026, 5, 1);
    const objects = scenarios.flatMap(({ name }) => {
      const world = scenario(name).create(now);
      return RESOURCES.filter((resource) => resource.plural === plural).flatMap((resource) => [0, 600_000].flatMap((later) => resource.entries(world, now + later).map((entry) => entry.render())));
    });
    if (objects.length > 0) expect(expectSameFacts(plural, objects)).toBeLessThan(4000);
  });

  it("keep what counts of pods of any shape", () => {
    const text = fc.oneof(fc.constantFrom("istio-proxy", "istio-init", "istio-validation", "app", "Ready", "ContainersReady", "True", "False", "", "2026-01-01T00:00:00Z"), fc.string());
    const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
    const list = <T>(value: fc.Arbitrary<T>) => maybe(fc.array(value, { maxLength: 4 }));
    const container = fc.record({
      name: text,
      args: list(text),
      restartPolicy: maybe(text),
      env: list(fc.record({ name: fc.constantFrom("DISABLE_ENVOY", "ISTIO_META_INTERCEPTION_MODE", "X"), value: maybe(text) })),
      securityContext: maybe(fc.record({ privileged: maybe(fc.boolean()), runAsUser: maybe(fc.constantFrom(1337, 0, 1)), capabilities: maybe(fc.record({ add: list(text), drop: list(text) })) })),
    });
    const ended = fc.record({ terminated: maybe(fc.record({ exitCode: fc.integer(), finishedAt: maybe(text) })) });
    const statusOf = fc.record({ name: text, ready: maybe(fc.boolean()), restartCount: maybe(fc.nat()), state: maybe(ended), lastState: maybe(ended) });
    const annotations = maybe(fc.dictionary(fc.constantFrom("sidecar.istio.io/status", "sidecar.istio.io/inject", "sidecar.istio.io/interceptionMode", "kubernetes.io/config.mirror", "other"), text));
    const pod = fc.record({
      metadata: fc.record({
        name: text,
        namespace: text,
        labels: maybe(fc.dictionary(text, text)),
        annotations,
        deletionTimestamp: maybe(text),
        creationTimestamp: maybe(text),
        ownerReferences: list(fc.record({ kind: text, name: text, controller: maybe(fc.boolean()), uid: text })),
      }),
      spec: fc.record({ nodeName: maybe(text), hostNetwork: maybe(fc.boolean()), securityContext: maybe(fc.record({ runAsUser: maybe(fc.constantFrom(1337, 0)) })), containers: list(container), initContainers: list(container) }),
      status: maybe(fc.record({ phase: maybe(fc.constantFrom("Running", "Failed", "Succeeded")), conditions: list(fc.record({ type: text, status: text, lastTransitionTime: maybe(text) })), initContainerStatuses: list(statusOf), containerStatuses: list(statusOf) })),
    });
    fc.assert(
      fc.property(fc.array(pod, { minLength: 20, maxLength: 40 }), (pods) => {
        expectSameFacts("pods", JSON.parse(JSON.stringify(pods)) as unknown[]);
      }),
      { numRuns: 30 },
    );
  });

  it.each([[{ pilot: { cni: { enabled: true } } }], [{ pilot: { cni: { enabled: false } } }], [{ pilot: {} }], [{ pilot: { cni: { enabled: "true" } } }], ["not JSON"], [""], [[]], [null], [{ pilot: "x" }]])(
    "keep what counts of an injector whose values are %j",
    (values) => {
      expectSameFacts("configmaps", [{ metadata: { name: "istio-sidecar-injector-asm-1-26" }, data: { values: typeof values === "string" ? values : JSON.stringify(values), config: "x" } }, { metadata: { name: "other" }, data: { a: "b" } }]);
    },
  );
});
