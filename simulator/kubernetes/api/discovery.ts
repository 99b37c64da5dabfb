/**
 * Discovery: versions, groups, resources, OpenAPI. The minimum that kubectl 1.27 to 1.33 requests before it gets, patches,
 * labels, restarts or creates anything.
 *
 * - `kubectl get --raw` and `create --raw` request none of this.
 * - Other commands request /api and /apis first. kubectl also accepts the aggregated form, but does not need it.
 * - `kubectl create -f` and `patch` read in /openapi/v3 whether a kind's PATCH has the parameter fieldValidation, and if so leave
 *   the validation to the server. Without /openapi/v3 they request /openapi/v2 as protobuf.
 * - Of a 422 with details kubectl prints the causes, not the message: `The pods "x" is invalid: : ValidatingAdmissionPolicy …`.
 * - Lists without a limit are requested in pages of 500 (--chunk-size); `get --raw` leaves paging to its caller.
 * - `rollout status` lists and then watches; see `ListHandler.watch`.
 * - Google Cloud's kubectl requests /version first and starts the binary of that version.
 */
import type { Reply } from "../../lib/http.ts";
import type { JsonObject } from "../../lib/json.ts";
import { apiVersion, type Resource } from "../objects/resource.ts";
import { RESOURCES } from "../resources/all-resources.ts";

const SHORT_NAMES: Readonly<Record<string, string[]>> = {
  pods: ["po"],
  namespaces: ["ns"],
  nodes: ["no"],
  configmaps: ["cm"],
  events: ["ev"],
  deployments: ["deploy"],
  replicasets: ["rs"],
  statefulsets: ["sts"],
  daemonsets: ["ds"],
};
const PATCHABLE = ["namespaces", "deployments", "statefulsets", "daemonsets"];

const GROUPS = [...new Set(RESOURCES.map(({ group }) => group))].filter((group) => group !== "");

function apiGroup(group: string): JsonObject {
  const version = { groupVersion: apiVersion({ group }), version: "v1" };
  return { name: group, versions: [version], preferredVersion: version };
}

function apiResource({ plural, kind, namespaced }: Resource): JsonObject {
  const verbs = ["get", "list", "watch"];
  if (PATCHABLE.includes(plural)) verbs.push("patch");
  if (plural === "pods") verbs.push("create");
  return {
    name: plural,
    singularName: kind.toLowerCase(),
    namespaced,
    kind,
    verbs,
    ...(SHORT_NAMES[plural] === undefined ? {} : { shortNames: SHORT_NAMES[plural] }),
    ...(["pods", "deployments", "replicasets", "statefulsets", "daemonsets", "jobs"].includes(plural)
      ? { categories: ["all"] }
      : {}),
  };
}

function resourceList(group: string): JsonObject {
  const resources = RESOURCES.filter((resource) => resource.group === group).map(apiResource);
  return { kind: "APIResourceList", apiVersion: "v1", groupVersion: apiVersion({ group }), resources };
}

function pathOf(group: string): string {
  return group === "" ? "api/v1" : `apis/${group}/v1`;
}

/** The part of a group's OpenAPI document that lists the query parameters of PATCH. */
function openApi(group: string): JsonObject {
  const parameters = ["dryRun", "fieldManager", "fieldValidation", "force"].map((name) => ({
    name,
    in: "query",
    schema: { type: name === "force" ? "boolean" : "string", uniqueItems: true },
  }));
  const paths: JsonObject = {};
  for (const { plural, kind, namespaced } of RESOURCES.filter((resource) => resource.group === group)) {
    const operation = { "x-kubernetes-action": "patch", "x-kubernetes-group-version-kind": { group, version: "v1", kind } };
    const path = `/${pathOf(group)}/${namespaced ? "namespaces/{namespace}/" : ""}${plural}/{name}`;
    paths[path] = { patch: { ...operation, parameters: structuredClone(parameters), responses: {} } };
  }
  return { openapi: "3.0.0", info: { title: "Kubernetes", version: "v1.33.5" }, paths };
}

function documents(): JsonObject {
  const paths: JsonObject = {};
  for (const group of ["", ...GROUPS]) {
    paths[pathOf(group)] = { serverRelativeURL: `/openapi/v3/${pathOf(group)}?hash=1` };
  }
  return { paths };
}

const VERSION: JsonObject = {
  major: "1",
  minor: "33",
  gitVersion: "v1.33.5",
  gitTreeState: "clean",
  goVersion: "go1.24.6",
  compiler: "gc",
  platform: "linux/amd64",
};

function documentAt(path: string): JsonObject | undefined {
  if (path === "/version") return VERSION;
  if (path === "/api") return { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] };
  if (path === "/apis") return { kind: "APIGroupList", apiVersion: "v1", groups: GROUPS.map(apiGroup) };
  if (path === "/openapi/v3") return documents();
  for (const group of ["", ...GROUPS]) {
    if (path === `/${pathOf(group)}`) return resourceList(group);
    if (path === `/openapi/v3/${pathOf(group)}`) return openApi(group);
    if (group !== "" && path === `/apis/${group}`) return { kind: "APIGroup", apiVersion: "v1", ...apiGroup(group) };
  }
  return undefined;
}

/** The answer to a discovery or health request, which all authenticated users may send; undefined for other paths. */
export function discovery(path: string): Reply | undefined {
  if (["/readyz", "/livez", "/healthz"].includes(path))
    return { status: 200, headers: { "content-type": "text/plain; charset=utf-8" }, body: "ok" };
  const document = documentAt(path);
  return document === undefined ? undefined : { status: 200, body: document };
}
