/** The recorded bodies of real clusters, and a world around one of them. */
import { exchanges, ORACLES_ABSENT, oracleFiles, readOracle } from "../../../__tests__/oracles/folder.ts";
import { isJson, isObject, type JsonObject, objectsAt, setAt, textAt } from "../../../simulator/lib/json.ts";
import { MECHANISM_PATH } from "../../../simulator/world/operations.ts";
import type { World } from "../../../simulator/world/world.ts";

export interface RecordedCluster {
  readonly from: string;
  readonly body: JsonObject;
}

const SEQUENCES = ["istio-cni-full-sequence", "stop-start", "run-command"].map((name) => `azure/${name}.json`);

function bodiesOf(file: string): RecordedCluster[] {
  return exchanges(file)
    .filter(({ request, response }) => /\/managedClusters\/[^/?]+\?/i.test(request.uri) && ["GET", "PUT"].includes(request.method) && response.status < 300)
    .map(({ request, response }, index) => ({ from: `${file} ${request.method} ${index}`, body: response.body }))
    .filter((one): one is RecordedCluster => isJson(one.body) && isObject(one.body));
}

/** The body as a cluster that waits for the switch: it runs, its mesh is on, on a revision of today, and redirects by init containers. Everything else is as it was recorded. */
function readyToSwitch(body: JsonObject): JsonObject {
  const ready = structuredClone(body);
  setAt(ready, ["properties", "provisioningState"], "Succeeded");
  setAt(ready, ["properties", "powerState"], { code: "Running" });
  for (const pool of objectsAt(ready, "properties", "agentPoolProfiles")) Object.assign(pool, { provisioningState: "Succeeded", powerState: { code: "Running" } });
  const mesh = ["properties", "serviceMeshProfile"];
  if (textAt(ready, ...mesh, "mode") !== "Istio") setAt(ready, [...mesh, "mode"], "Istio");
  // Some were recorded on revisions without CNI chaining.
  setAt(ready, [...mesh, "istio", "revisions"], ["asm-1-30"]);
  setAt(ready, MECHANISM_PATH, "InitContainers");
  return ready;
}

/** All recorded bodies that differ from each other once they are ready for the switch. */
export function recordedClusters(): readonly RecordedCluster[] {
  if (ORACLES_ABSENT) return [];
  const single = oracleFiles("azure/clusters").map((from) => ({ from, body: readOracle(from) }));
  const all = [...single.filter((one): one is RecordedCluster => isJson(one.body) && isObject(one.body)), ...SEQUENCES.flatMap(bodiesOf)];
  const distinct = new Map(all.map(({ from, body }) => ({ from, body: readyToSwitch(body) })).map((one) => [JSON.stringify(one.body), one]));
  return [...distinct.values()];
}

/** Makes a recorded cluster the world's. Its subscription becomes the world's, so that a session goes on. */
export function putInto(world: World, { body }: RecordedCluster): void {
  const [, subscription = "", group = ""] = /\/subscriptions\/([^/]+)\/resourcegroups\/([^/]+)/i.exec(textAt(body, "id") ?? "") ?? [];
  const own: unknown = JSON.parse(JSON.stringify(body).replaceAll(subscription, world.subscriptionId));
  if (!isJson(own) || !isObject(own)) throw new Error("The recorded cluster has no body.");
  const location = (textAt(body, "location") ?? "").toLowerCase().replaceAll(" ", "");
  world.resourceGroup = group;
  Object.assign(world.cluster, { name: textAt(body, "name") ?? "", location, body: own, operations: [], mechanisms: [{ from: 0, mechanism: "InitContainers" }] });
}
