/** The action's reader of protobuf and the simulator's writer of it, against what the real API server writes. */
import { beforeAll, describe, expect, it } from "vitest";
import { PROTOBUF, toProtobuf } from "../../simulator/kubernetes/protobuf/encode.ts";
import { isObject, type JsonObject, objectsAt, parseJson, textAt } from "../../simulator/lib/json.ts";
import { readAgentPod, readReplicaSet } from "../../src/istio/kubernetes-facts.ts";
import { readPod } from "../../src/istio/pods/pod.ts";
import { readProtobufPage, statusAsJson } from "../../src/kubernetes/protobuf/response.ts";
import { createApi } from "./api.ts";
import { MESH_NAMESPACE, settleOn } from "./mesh.ts";
import { daemonSet, deployment, job, pod, statefulSet } from "./objects.ts";
import { api, injectedNamespace, podsIn, readyPods, refusalOf, target } from "./stage.ts";

type Listed = "pods" | "replicasets";
/** What the checks take from an object. */
const READERS: Readonly<Record<Listed, readonly ((json: unknown) => unknown)[]>> = { pods: [readPod, readAgentPod], replicasets: [readReplicaSet] };

/** Both forms of one list. It is asked until nothing has moved in between. */
async function bothForms(path: string): Promise<{ readonly json: JsonObject; readonly bytes: Buffer }> {
  for (let tries = 0; tries < 20; tries += 1) {
    const before = await api.get(path);
    const bytes = await api.bytes(path, PROTOBUF);
    const after = await api.get(path);
    if (JSON.stringify(before["items"]) === JSON.stringify(after["items"])) return { json: after, bytes };
  }
  throw new Error(`${path} does not rest`);
}

function readAll(bytes: Buffer, resource: Listed): { readonly items: readonly unknown[]; readonly continueToken: string } {
  const page = readProtobufPage({ bytes, unreadable: (kind, cause) => new Error(`not readable as ${kind}`, { cause }), release: () => undefined }, resource);
  if (page === undefined) throw new Error("the answer is no list");
  return { items: [...page.items], continueToken: page.continueToken };
}

function expectSameFacts(resource: Listed, json: JsonObject, bytes: Buffer): void {
  const items = objectsAt(json, "items");
  const page = readAll(bytes, resource);
  expect(page.items).toHaveLength(items.length);
  for (const read of READERS[resource]) expect(page.items.map((item) => read(item))).toEqual(items.map((item) => read(item)));
}

describe("lists in protobuf", () => {
  let name = "";

  beforeAll(async () => {
    await settleOn(api, target.revision, "CNIChaining");
    name = await injectedNamespace("protobuf");
    const within = { namespace: name };
    const refused = { container: { securityContext: { capabilities: { add: ["NET_ADMIN"] } } } };
    await api.create(
      deployment({ ...within, name: "web", replicas: 3, annotations: { "traffic.sidecar.istio.io/excludeOutboundPorts": "5432" } }),
      statefulSet({ ...within, name: "store" }),
      daemonSet({ ...within, name: "agent" }),
      job({ ...within, name: "migrate", becomes: "completes" }),
      deployment({ ...within, name: "classic", annotations: { "sidecar.istio.io/nativeSidecar": "false" } }),
      deployment({ ...within, name: "broken", becomes: "validation-126" }),
      deployment({ ...within, name: "unready", becomes: "proxy-not-ready" }),
      deployment({ ...within, name: "nowhere", becomes: "no-sandbox" }),
      deployment({ ...within, name: "unplaced", spec: { nodeSelector: { nowhere: "true" } } }),
      deployment({ ...within, name: "refused", ...refused }),
      pod({ ...within, name: "shell", labels: { "sidecar.istio.io/inject": "false" }, spec: { hostNetwork: true } }),
    );
    await Promise.all([readyPods(name, "web", 3), readyPods(name, "store"), readyPods(name, "agent", 3), readyPods(name, "classic"), refusalOf(name, "ReplicaSet", "refused-")]);
  });

  const pathOfList = (resource: Listed): string => `/${resource === "pods" ? "api" : "apis/apps"}/v1/namespaces/${name}/${resource}?limit=500`;

  it.each(["pods", "replicasets"] as const)("%s of a namespace are read like their JSON", async (resource) => {
    const { json, bytes } = await bothForms(pathOfList(resource));
    expect(objectsAt(json, "items").length).toBeGreaterThan(6);
    expectSameFacts(resource, json, bytes);
  });

  it("pods of the CNI agent are read like their JSON", async () => {
    const { json, bytes } = await bothForms(`/api/v1/namespaces/${MESH_NAMESPACE}/pods?limit=500`);
    expect(objectsAt(json, "items").length).toBeGreaterThan(2);
    expectSameFacts("pods", json, bytes);
  });

  it("pages of two pods have together what the whole list has", async () => {
    const path = `/api/v1/namespaces/${name}/pods`;
    const pages: unknown[] = [];
    let token = "";
    do {
      const page = readAll(await api.bytes(`${path}?limit=2${token === "" ? "" : `&continue=${encodeURIComponent(token)}`}`, PROTOBUF), "pods");
      expect(page.items.length).toBeLessThanOrEqual(2);
      pages.push(...page.items);
      token = page.continueToken;
    } while (token !== "");
    const namesOf = (items: readonly unknown[]): readonly (string | undefined)[] => items.map((item) => readPod(item)?.name);
    expect(namesOf(pages)).toEqual(namesOf(await podsIn(name)));
  });

  it.each(["pods", "replicasets"] as const)("the simulator writes the same bytes of %s", async (resource) => {
    const { json, bytes } = await bothForms(pathOfList(resource));
    const [ours, theirs] = [readAll(toProtobuf(json), resource), readAll(bytes, resource)];
    expect(ours.items).toEqual(theirs.items);
    expect(toProtobuf(json).equals(bytes), `${toProtobuf(json).length} bytes against ${bytes.length}`).toBe(true);
  });

  it.each([
    ["an unknown continue token", "cluster-admin", "/api/v1/pods?continue=abc"],
    ["missing rights", "nobody", "/api/v1/pods?limit=500"],
    ["a path that is not served", "cluster-admin", "/api/v1/nothings"],
  ] as const)("the refusal for %s is read like its JSON", async (_, user, path) => {
    const as = createApi(target, { kind: "token", token: target.tokens[user] ?? "" });
    const { body, status } = await as.ask("GET", path);
    const read = parseJson(statusAsJson(await as.bytes(path, PROTOBUF)) ?? "");
    expect(status).toBeGreaterThanOrEqual(400);
    expect(isObject(read) ? read["code"] : undefined).toBe(status);
    for (const field of ["status", "message", "reason"]) expect(textAt(read, field)).toBe(textAt(body, field));
  });
});
