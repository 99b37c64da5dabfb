/** Every way to have a pod injected or left alone, as the real injector decides, against the action's own count. */
import { beforeAll, describe, expect, it } from "vitest";
import { eventually } from "./api.ts";
import { openAzure } from "./azure.ts";
import { settleOn } from "./mesh.ts";
import { pod, type PodTraits, WITHOUT_SAFEGUARDS } from "./objects.ts";
import { api, initContainersOf, injectedNamespace, isReady, plainNamespace, podsIn, target } from "./stage.ts";
import type { PodState } from "../../src/contract.ts";

interface Variant extends PodTraits {
  readonly what: string;
  readonly name: string;
  /** `labelled`: its namespace has istio.io/rev; `plain`: no label; `disabled`: istio-injection beside it, which switches injection off on AKS. */
  readonly within: "labelled" | "plain" | "disabled" | "dangling";
  /** What the injector is expected to do: istio-validation, or nothing. */
  readonly injected: boolean;
  readonly state: PodState;
}

const inject = (value: string): PodTraits => ({ labels: { "sidecar.istio.io/inject": value } });
const annotated = (value: string): PodTraits => ({ annotations: { "sidecar.istio.io/inject": value } });
const byRevision = { "istio.io/rev": target.revision };

const VARIANTS: readonly Variant[] = [
  { what: "no word of its own", name: "plain", within: "labelled", injected: true, state: "cni" },
  { what: "label inject=true", name: "label-true", within: "labelled", injected: true, state: "cni", ...inject("true") },
  { what: "label inject=false", name: "label-false", within: "labelled", injected: false, state: "opted-out", ...inject("false") },
  { what: "annotation inject=false", name: "annotation-false", within: "labelled", injected: false, state: "opted-out", ...annotated("false") },
  { what: "label true beats annotation false", name: "label-wins", within: "labelled", injected: true, state: "cni", ...inject("true"), ...annotated("false") },
  { what: "annotation inject=no", name: "annotation-no", within: "labelled", injected: true, state: "cni", ...annotated("no") },
  { what: "host network", name: "host-network", within: "labelled", injected: false, state: "exempt", spec: { hostNetwork: true } },
  { what: "classic sidecar by annotation", name: "classic", within: "labelled", injected: true, state: "cni", annotations: { "sidecar.istio.io/nativeSidecar": "false" } },
  { what: "native sidecar by annotation", name: "native", within: "labelled", injected: true, state: "cni", annotations: { "sidecar.istio.io/nativeSidecar": "true" } },
  { what: "mode NONE", name: "mode-none", within: "labelled", injected: false, state: "no-interception", annotations: { "sidecar.istio.io/interceptionMode": "NONE" } },
  { what: "mode TPROXY", name: "mode-tproxy", within: "labelled", injected: true, state: "privileged-proxy", annotations: { "sidecar.istio.io/interceptionMode": "TPROXY" } },
  { what: "gateway template", name: "gateway", within: "labelled", injected: false, state: "gateway", annotations: { "inject.istio.io/templates": "gateway" } },
  { what: "proxyless gRPC template", name: "grpc-agent", within: "labelled", injected: false, state: "proxyless", annotations: { "inject.istio.io/templates": "grpc-agent" } },
  { what: "revision label of the pod", name: "pod-revision", within: "plain", injected: true, state: "cni", labels: byRevision },
  { what: "revision label, inject=false", name: "pod-revision-false", within: "plain", injected: false, state: "opted-out", labels: { ...byRevision, "sidecar.istio.io/inject": "false" } },
  { what: "inject=true without a revision", name: "no-revision", within: "plain", injected: false, state: "out-of-mesh", ...inject("true") },
  { what: "istio-injection beside istio.io/rev", name: "off", within: "disabled", injected: false, state: "out-of-mesh" },
  { what: "a revision that nobody serves", name: "dangling", within: "dangling", injected: false, state: "dangling-revision" },
];

describe("injection variants", () => {
  const names: Record<Variant["within"], string> = { labelled: "", plain: "", disabled: "", dangling: "" };
  const counted: Partial<Record<string, PodState>> = {};
  let total: Partial<Record<PodState, number>> = {};
  let logged = "";

  beforeAll(async () => {
    await settleOn(api, target.revision, "CNIChaining");
    names.labelled = await injectedNamespace("variants", WITHOUT_SAFEGUARDS);
    names.plain = await plainNamespace("variants", WITHOUT_SAFEGUARDS);
    names.disabled = await injectedNamespace("variants", { ...WITHOUT_SAFEGUARDS, "istio-injection": "enabled" });
    names.dangling = await plainNamespace("variants", { ...WITHOUT_SAFEGUARDS, "istio.io/rev": "asm-1-2" });
    for (const { within, name, labels = {}, annotations = {}, spec = {} } of VARIANTS) {
      await api.create(pod({ namespace: names[within], name, labels, annotations, spec }));
    }
    await eventually("all pods to run", async () => {
      const pods = (await Promise.all(Object.values(names).map((name) => podsIn(name)))).flat();
      return pods.filter(isReady).length === VARIANTS.length ? true : undefined;
    });
    await using azure = await openAzure(target, api, { mechanism: "CNIChaining" });
    const run = await azure.run({ mode: "check", namespaces: Object.values(names).join(), "fail-on-drift": "false" });
    for (const { name, state } of run.report.pods.offenders) counted[name] = state;
    total = run.report.pods.byState;
    logged = run.log;
  });

  it.each(VARIANTS)("$what: the injector does what is expected", async ({ name, within, injected }) => {
    const found = (await podsIn(names[within])).find((candidate) => JSON.stringify(candidate["metadata"]).includes(`"name":"${name}"`));
    expect(initContainersOf(found ?? {}).includes("istio-validation")).toBe(injected);
  });

  it("the action counts as many pods of each state as there are", () => {
    const truth: Partial<Record<PodState, number>> = {};
    for (const { state } of VARIANTS) truth[state] = (truth[state] ?? 0) + 1;
    expect(total, logged).toEqual(truth);
  });

  it.each(VARIANTS.filter(({ state }) => ["dangling-revision", "privileged-proxy"].includes(state)))("$what: is among the offenders as $state", ({ name, state }) => {
    expect(counted[name], logged).toBe(state);
  });
});

describe("what becomes of injected pods", () => {
  beforeAll(() => settleOn(api, target.revision, "CNIChaining"));

  it.each([
    ["istio-validation ends with 126", "validation-126"],
    ["istio-validation ends with 1", "validation-1"],
    ["istio-validation ends with 137", "validation-137"],
    ["the sandbox cannot be made", "no-sandbox"],
  ])("%s: a young pod is pending, which is a warning", async (_, becomes) => {
    const name = await injectedNamespace("becomes", WITHOUT_SAFEGUARDS);
    await api.create(pod({ namespace: name, name: "one", becomes }));
    await eventually("its status", async () => ((await podsIn(name)).some((found) => JSON.stringify(found["status"]).includes("initContainerStatuses")) ? true : undefined));
    await using azure = await openAzure(target, api, { mechanism: "CNIChaining" });
    const run = await azure.run({ mode: "check", namespaces: name, "fail-on-drift": "false" });
    expect(run.check("pods-redirected"), run.log).toMatchObject({ result: "warn", message: "No pod with CNI chaining has passed istio-validation yet; pending: 1 pod." });
  });

  it("a proxy that is not ready does not make a pod less redirected", async () => {
    const name = await injectedNamespace("becomes", WITHOUT_SAFEGUARDS);
    await api.create(pod({ namespace: name, name: "one", becomes: "proxy-not-ready" }));
    await eventually("its status", async () => ((await podsIn(name)).some((found) => JSON.stringify(found["status"]).includes("initContainerStatuses")) ? true : undefined));
    await using azure = await openAzure(target, api, { mechanism: "CNIChaining" });
    const run = await azure.run({ mode: "check", namespaces: name, "fail-on-drift": "false" });
    expect(run.check("pods-redirected").result, run.log).toBe("pass");
  });
});
