/** What every file of expectations works with: the cluster, namespaces of its own, and a run of the action in them. */
import { randomBytes } from "node:crypto";
import { numberAt } from "./numbers.ts";
import { type Json, type JsonObject, objectsAt, textAt } from "../../simulator/lib/json.ts";
import { type Api, createApi, eventually, pathOf } from "./api.ts";
import { readTarget, type Target } from "./kubeconfig.ts";
import { namespace } from "./objects.ts";

export const target: Target = readTarget();
/** As the administrator of the kubeconfig. */
export const api: Api = createApi(target, target.admin);

/** Makes a namespace whose pods are injected, and returns its name. */
export async function injectedNamespace(topic: string, labels: Readonly<Record<string, string>> = {}): Promise<string> {
  return plainNamespace(topic, { "istio.io/rev": target.revision, ...labels });
}

/** Makes a namespace with no labels but these, and returns its name. */
export async function plainNamespace(topic: string, labels: Readonly<Record<string, string>> = {}): Promise<string> {
  const name = `${topic}-${randomBytes(3).toString("hex")}`;
  await api.create(namespace(name, labels));
  // Pods are refused until the controller manager has made it.
  await eventually(`the service account of ${name}`, async () => {
    const { status } = await api.ask("GET", `/api/v1/namespaces/${name}/serviceaccounts/default`);
    return status === 200 ? true : undefined;
  });
  return name;
}

export function podsIn(name: string, selector = ""): Promise<JsonObject[]> {
  return api.list(`/api/v1/namespaces/${name}/pods${selector === "" ? "" : `?labelSelector=${encodeURIComponent(selector)}`}`);
}

/** Whether a pod's condition Ready is true. */
export function isReady(pod: Json): boolean {
  return objectsAt(pod, "status", "conditions").some((condition) => condition["type"] === "Ready" && condition["status"] === "True");
}

export function initContainersOf(pod: Json): string[] {
  return objectsAt(pod, "spec", "initContainers").map((container) => textAt(container, "name") ?? "");
}

/** Makes a CronJob that is due at once: its controller believes that it last ran some minutes ago. */
export async function createDue(cronJob: JsonObject): Promise<void> {
  await api.create(cronJob);
  const lastScheduleTime = new Date(Date.now() - 3 * 60_000).toISOString().replace(/\.\d+/, "");
  await api.merge(`${pathOf(cronJob)}/status`, { status: { lastScheduleTime } });
}

/** Waits until so many pods of an app are ready, and returns them. */
export function readyPods(name: string, app: string, count = 1): Promise<JsonObject[]> {
  return eventually(`${count} ready pods of ${name}/${app}`, async () => {
    const pods = (await podsIn(name, `app=${app}`)).filter((pod) => isReady(pod) && textAt(pod, "metadata", "deletionTimestamp") === undefined);
    return pods.length === count ? pods : undefined;
  });
}

/** Waits until an event says that an object could not make a pod; returns the event's message. */
export function refusalOf(name: string, kind: string, object: string): Promise<string> {
  return eventually(`a FailedCreate event of ${kind} ${name}/${object}`, async () => {
    const events = await api.list(`/api/v1/namespaces/${name}/events?fieldSelector=reason%3DFailedCreate`);
    const found = events.find((event) => textAt(event, "involvedObject", "kind") === kind && textAt(event, "involvedObject", "name")?.startsWith(object) === true);
    return found === undefined ? undefined : textAt(found, "message");
  }, 90);
}

/** What `metadata` says of who changed an object: nothing that the action did not change may move here. */
export function trace(object: Json): { readonly generation: number; readonly managers: string[] } {
  const managers = objectsAt(object, "metadata", "managedFields").map((entry) => `${textAt(entry, "manager") ?? ""} ${textAt(entry, "operation") ?? ""} ${textAt(entry, "subresource") ?? ""}`.trim());
  return { generation: numberAt(object, "metadata", "generation"), managers };
}
