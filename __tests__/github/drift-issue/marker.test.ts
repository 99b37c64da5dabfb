import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clusterKey, fingerprintOf, hash, readMarker, renderMarker, withMarker } from "../../../src/github/drift-issue/marker.ts";
import { hostileText } from "../../report/hostile-text.ts";

const ID = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/Demo/providers/Microsoft.ContainerService/managedClusters/demo";
const MARKER = { cluster: clusterKey(ID), findings: new Map([["pods-redirected", "0123456789abcdef"], ["cluster-ready", "fedcba9876543210"]] as const), text: "00112233", revision: 3, isDuplicate: false };

describe("the marker", () => {
  it("is read as it was written, wherever it stands, with line ends of either kind", () => {
    const line = renderMarker(MARKER);
    for (const body of [line, `${line}\n\ntext`, `above\r\n${line}\r\nbelow`]) expect(readMarker(body)).toEqual(MARKER);
    expect(readMarker(renderMarker({ ...MARKER, findings: new Map() }))?.findings.size).toBe(0);
  });

  it("takes the place of another, and leaves the text around it", () => {
    const duplicate = { ...MARKER, revision: 4, isDuplicate: true };
    const body = withMarker(`${renderMarker(MARKER)}\n\ntext $& $1`, duplicate);
    expect(readMarker(body)).toEqual(duplicate);
    expect(body).toMatch(/^<!--.*-->\n\ntext \$& \$1$/);
  });

  it("of the version before has no revision", () => {
    const line = renderMarker(MARKER).replace(" rev=3", "");
    expect(readMarker(line)).toEqual({ ...MARKER, revision: 0 });
  });

  it.each([
    ["inside of a line", (line: string) => `> ${line}`],
    ["with more behind it", (line: string) => `${line} text`],
    ["with another name", (line: string) => line.replace("istio-cni-aks", "istio")],
    ["with half a hash", (line: string) => line.replace(MARKER.cluster, MARKER.cluster.slice(1))],
    ["escaped", (line: string) => line.replace("<", "&lt;")],
  ])("is none %s", (_, change) => {
    expect(readMarker(change(renderMarker(MARKER)))).toBeUndefined();
  });

  it("of a later version names its cluster, and nothing that this version would misread", () => {
    const line = renderMarker(MARKER).replace("v=1", "v=2").replace(" -->", " more=things -->");
    expect(readMarker(line)).toEqual({ cluster: MARKER.cluster, findings: new Map(), text: "", revision: 0, isDuplicate: false });
  });

  it("of any later version names its cluster", () => {
    expect(readMarker(renderMarker(MARKER).replace("v=1", "v=12"))?.cluster).toBe(MARKER.cluster);
  });

  it("may list a finding without its fingerprint", () => {
    expect(readMarker(renderMarker(MARKER).replace(":0123456789abcdef", ""))?.findings.get("pods-redirected")).toBe("");
  });

  it("knows a cluster by its resource ID in any case, and cannot be ended by a name", () => {
    expect(clusterKey(`${ID.toUpperCase()}//`)).toBe(clusterKey(ID));
    expect(clusterKey(ID, [])).toBe(clusterKey(ID));
    expect(clusterKey(ID, ["a", "b"])).toBe(clusterKey(ID, ["b", "a"]));
    expect(new Set([clusterKey(ID), clusterKey(ID, ["a"]), clusterKey(ID, ["b"]), clusterKey(ID, ["a", "b"])]).size).toBe(4);
    fc.assert(fc.property(hostileText, (text) => /^[0-9a-f]{64}$/.test(clusterKey(text))));
  });
});

describe("the fingerprint of a finding", () => {
  const said = (message: string, ...evidence: string[]) => ({ message, evidence });

  it.each([
    ["counts", said("2 of 12 pods still have istio-init."), said("1 of 1,300 pods still have istio-init.")],
    ["a ratio", said("ready on 3/5 nodes: ready 3 of 5."), said("ready on 4/6 nodes: ready 4 of 6.")],
    ["singular and plural", said("broken in 1 pod (legacy-init)"), said("broken in 2 pods (legacy-init)")],
    ["names that Kubernetes made up", said("", "shop/cart-5d9c7b6f4-x2x4z: istio-init"), said("", "shop/cart-7b8f9d5c6d-qw8rz: istio-init")],
    ["how many pods a workload has, and their order", said("", "a/b-x2x4z: x", "c/d-x2x4z: x"), said("", "c/d-qq4rz: x", "a/b-q8q4z: x", "a/b-zzzzz: x")],
    ["times", said("since 2026-04-01T08:00:00Z"), said("since 2026-05-02T18:10:00.123Z")],
    ["times without seconds", said("since 2026-04-01 08:00"), said("since 2026-05-02 18:10")],
    ["provisioning state", said("it has provisioningState Updating"), said("it has provisioningState Failed")],
    ["name of a pod without a ReplicaSet", said("", "shop/agent-x2x4z: no sandbox"), said("", "shop/agent-b7b7b: no sandbox")],
    ["nodes of a scale set", said("", "node aks-user-27182818-vmss000000: 1 pod"), said("", "node aks-user-27182818-vmss00000b: 3 pods")],
    ["order of the evidence", said("", "a: x", "b: x"), said("", "b: x", "a: x")],
    ["evidence, where a list is cut after several lines", said("x", "a: 1", "c: 1", "and 80 more"), said("x", "b: 1", "d: 1", "and 1,090 more")],
    ["which part of a long list is shown", said("x", "a: 1", "and 80 more"), said("x", "b: 1", "and 90 more")],
  ])("is the same whatever the %s", (_, one, other) => {
    expect(fingerprintOf(one)).toBe(fingerprintOf(other));
  });

  it.each([
    ["workload", said("", "shop/cart-5d9c7b6f4-x2x4z: istio-init"), said("", "shop/pay-5d9c7b6f4-x2x4z: istio-init")],
    ["revision", said("asm-1-24 is too old"), said("asm-1-25 is too old")],
    ["noun that is counted", said("2 pods are refused"), said("2 nodes are refused")],
    ["part of a name that only looks generated", said("", "shop/web-krtwxz-x2x4z: x"), said("", "shop/web-bcdfgh-x2x4z: x")],
    ["major version", said("Kubernetes 1.33.2"), said("Kubernetes 2.33.2")],
    ["line before one that mentions more", said("", "a: x", "b and 3 more"), said("", "c: x", "b and 3 more")],
    ["version", said("Kubernetes 1.33.2"), said("Kubernetes 1.33.3")],
    ["namespace more", said("", "shop: has no label"), said("", "shop: has no label", "docs: has no label")],
    ["message", said("gone"), said("not ready")],
  ])("is another for another %s", (_, one, other) => {
    expect(fingerprintOf(one)).not.toBe(fingerprintOf(other));
  });

  it("is a hash", () => {
    fc.assert(fc.property(hostileText, (text) => /^[0-9a-f]{16}$/.test(fingerprintOf(said(text, text))) && hash(text, 8).length === 8));
  });
});
