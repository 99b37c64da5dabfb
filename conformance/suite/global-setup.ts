/** Before the first file: the namespace in which the injector is asked, and what the last files want to have been so for minutes. */
import { type JsonObject, textAt } from "../../simulator/lib/json.ts";
import { type Api, createApi, eventually } from "./api.ts";
import { makeAgedPods } from "./aged-pods.ts";
import { readTarget } from "./kubeconfig.ts";
import { makeLongRefused } from "./long-refused.ts";
import { applyMechanism, makeSample, settleOn } from "./mesh.ts";
import { MADE_BY_SUITE } from "./objects.ts";

/** Removes the namespaces that a run has made, and what is in them; does not wait for their end. */
async function removeNamespaces(api: Api): Promise<void> {
  const found = await madeBySuite(api);
  await Promise.all(found.map((namespace) => api.remove(`/api/v1/namespaces/${textAt(namespace, "metadata", "name") ?? ""}`)));
}

function madeBySuite(api: Api): Promise<JsonObject[]> {
  const [label = ""] = Object.keys(MADE_BY_SUITE);
  return api.list(`/api/v1/namespaces?labelSelector=${encodeURIComponent(label)}`);
}

export default async function setup(): Promise<() => Promise<void>> {
  const target = readTarget();
  const api = createApi(target, target.admin);
  await removeNamespaces(api);
  await eventually("the namespaces of a former run to go", async () => ((await madeBySuite(api)).length === 0 ? true : undefined), 120);
  await makeSample(api, target.revision);
  await settleOn(api, target.revision, "CNIChaining");
  await makeAgedPods(api, target.revision);
  await settleOn(api, target.revision, "InitContainers");
  if (target.olderRevision !== undefined) {
    await applyMechanism(api, target.olderRevision, "InitContainers");
    await makeLongRefused(api, target.olderRevision);
  }
  return () => removeNamespaces(api);
}
