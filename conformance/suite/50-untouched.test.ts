/** What a run changes and what it leaves as it is: namespaces' labels, generations, managed fields, and the audit log. */
import { beforeAll, describe, expect, it } from "vitest";
import { isObject, type Json, type JsonObject, textAt } from "../../simulator/lib/json.ts";
import { auditMark, auditSince, storedWrites } from "./audit.ts";
import { openAzure } from "./azure.ts";
import { MESH_NAMESPACE, settleOn } from "./mesh.ts";
import { deployment, WITHOUT_SAFEGUARDS } from "./objects.ts";
import { api, injectedNamespace, plainNamespace, readyPods, target, trace } from "./stage.ts";

const ADMIN = "conformance-cluster-admin";
const auditLog = target.auditLog;

/** An object without what controllers keep writing while it settles: its status, its version, and who wrote the status. */
function lasting({ metadata, spec = null, data = null }: JsonObject): Json {
  const { labels = {}, annotations = {}, generation = 0 } = isObject(metadata) ? metadata : {};
  const managers = trace({ metadata: metadata ?? {} }).managers.filter((manager) => !manager.endsWith(" status"));
  return { spec, data, metadata: { labels, annotations, generation, managers } };
}

async function everything(namespaces: readonly string[]): Promise<readonly Json[]> {
  const paths = namespaces.flatMap((name) => [
    `/api/v1/namespaces/${name}`,
    `/apis/apps/v1/namespaces/${name}/deployments/web`,
    `/api/v1/namespaces/${name}/configmaps/kube-root-ca.crt`,
  ]);
  paths.push(`/api/v1/namespaces/${MESH_NAMESPACE}/configmaps/istio-sidecar-injector-${target.revision}`);
  return Promise.all(paths.map(async (path) => lasting(await api.get(path))));
}

describe("label-namespaces", () => {
  beforeAll(() => settleOn(api, target.revision, "CNIChaining"));

  it("puts istio.io/rev on the named namespace, and changes nothing else of it", async () => {
    const name = await plainNamespace("unlabelled", { team: "shop" });
    await api.create(deployment({ namespace: name, name: "web" }));
    await readyPods(name, "web");
    const before = await api.get(`/api/v1/namespaces/${name}`);
    await using azure = await openAzure(target, api, { mechanism: "CNIChaining" });
    const run = await azure.run({ mode: "apply", namespaces: name, "label-namespaces": "true", "restart-workloads": "stale" });
    expect(run.outputs, run.log).toMatchObject({ status: "changed" });
    const after = await api.get(`/api/v1/namespaces/${name}`);
    expect(after["metadata"]).toMatchObject({ labels: { team: "shop", "istio.io/rev": target.revision, "kubernetes.io/metadata.name": name } });
    expect(trace(after).managers.length, "one manager more: the action").toBe(trace(before).managers.length + 1);
    expect(after["spec"]).toEqual(before["spec"]);
    expect(run.report.pods.byState, run.log).toEqual({ cni: 1 });
  });

  it("has nothing to do the second time", async () => {
    const name = await injectedNamespace("labelled");
    await using azure = await openAzure(target, api, { mechanism: "CNIChaining" });
    const before = trace(await api.get(`/api/v1/namespaces/${name}`));
    const run = await azure.run({ mode: "apply", namespaces: name, "label-namespaces": "true" });
    expect(run.outputs["changed"], run.log).toBe("false");
    expect(trace(await api.get(`/api/v1/namespaces/${name}`))).toEqual(before);
  });
});

describe.skipIf(auditLog === undefined)("the audit log", () => {
  const log = auditLog ?? "";
  let names: readonly string[] = [];

  beforeAll(async () => {
    await settleOn(api, target.revision, "InitContainers");
    const stale = await injectedNamespace("audited", WITHOUT_SAFEGUARDS);
    const unlabelled = await plainNamespace("audited");
    names = [stale, unlabelled];
    for (const name of names) await api.create(deployment({ namespace: name, name: "web" }));
    await Promise.all(names.map((name) => readyPods(name, "web")));
  });

  it.each(["check", "plan"])("%s stores nothing, and nothing moves", async (mode) => {
    const before = await everything(names);
    const mark = auditMark(log);
    await using azure = await openAzure(target, api, { mechanism: "InitContainers" });
    const run = await azure.run({ mode, namespaces: names.join(), "label-namespaces": "true", "restart-workloads": "stale", "fail-on-drift": "false" });
    const asked = auditSince(log, mark, ADMIN);
    expect(asked.length, `${mode} asks the cluster\n${run.log}`).toBeGreaterThan(5);
    expect(storedWrites(asked).map(({ text }) => text)).toEqual([]);
    expect(asked.filter(({ isDryRun }) => isDryRun).every(({ text }) => text.startsWith("create pods "))).toBe(true);
    expect(await everything(names)).toEqual(before);
  });

  it("apply sends one patch a label and one a workload, each of one field, and no other write", async () => {
    const mark = auditMark(log);
    await using azure = await openAzure(target, api, { mechanism: "InitContainers" });
    const run = await azure.run({ mode: "apply", namespaces: names.join(), "label-namespaces": "true", "restart-workloads": "stale" });
    expect(run.outputs["status"], run.log).toBe("changed");
    const writes = storedWrites(auditSince(log, mark, ADMIN));
    const [stale = "", unlabelled = ""] = names;
    expect(writes.map(({ text }) => text).sort()).toEqual(
      [`patch namespaces ${unlabelled}/${unlabelled}`, `patch deployments.apps ${stale}/web`, `patch deployments.apps ${unlabelled}/web`].sort(),
    );
    for (const { text, body } of writes) {
      if (text.startsWith("patch namespaces")) expect(body).toEqual({ metadata: { labels: { "istio.io/rev": target.revision } } });
      else {
        const at = textAt(body, "spec", "template", "metadata", "annotations", "kubectl.kubernetes.io/restartedAt");
        expect(at).toBeDefined();
        expect(body).toEqual({ spec: { template: { metadata: { annotations: { "kubectl.kubernetes.io/restartedAt": at } } } } });
      }
    }
  });

  it("no request of a run goes to a resource that the documents do not name", async () => {
    const mark = auditMark(log);
    await using azure = await openAzure(target, api, { mechanism: "CNIChaining" });
    await azure.run({ mode: "check", namespaces: names.join() });
    const resources = new Set(auditSince(log, mark, ADMIN).map(({ verb, text }) => `${verb} ${text.split(" ")[1] ?? ""}`));
    expect([...resources].filter((resource) => /secrets|serviceaccounts|nodes/.test(resource))).toEqual([]);
  });
});
