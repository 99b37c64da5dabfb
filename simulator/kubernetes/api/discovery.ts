/**
 * What the API server tells about itself: versions, groups, resources, OpenAPI. The minimum that kubectl 1.27 to 1.33 asks
 * for before it gets, patches, labels, restarts or creates anything.
 *
 * - `kubectl get --raw` and `create --raw` ask for nothing of this.
 * - Other commands want /api and /apis first. kubectl offers the aggregated form too, and takes the old one.
 * - `kubectl create -f` and `patch` look into /openapi/v3 for whether a kind's PATCH takes the parameter fieldValidation, and
 *   if so leave the validation to the server. Without /openapi/v3 they want /openapi/v2 as protobuf.
 * - Of a 422 with details kubectl prints the causes and not the message: `The pods "x" is invalid: : ValidatingAdmissionPolicy …`.
 * - Lists without limits come in pages of 500 (--chunk-size); `get --raw` leaves paging to its caller.
 * - `rollout status` lists and then watches; see `Lister.watch`.
 * - A kubectl that dispatches (Google Cloud's) asks /version first and hands over to the binary of that version.
 */
import type { Reply } from "../../lib/http.ts";
import type { JsonObject } from "../../lib/json.ts";
import { type Resource, RESOURCES } from "../resources/all-resources.ts";

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
const PATCHED = ["namespaces", "deployments", "statefulsets", "daemonsets"];

function groups(): string[] {
  return [...new Set(RESOURCES.map(({ group }) => group))].filter((group) => group !== "");
}

function groupVersion(group: string): string {
  return group === "" ? "v1" : `${group}/v1`;
}

function apiGroup(group: string): JsonObject {
  const version = { groupVersion: groupVersion(group), version: "v1" };
  return { name: group, versions: [version], preferredVersion: version };
}

function apiResource({ plural, kind, namespaced }: Resource): JsonObject {
  const verbs = ["get", "list", "watch"];
  if (PATCHED.includes(plural)) verbs.push("patch");
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
  return { kind: "APIResourceList", apiVersion: "v1", groupVersion: groupVersion(group), resources };
}

function pathOf(group: string): string {
  return group === "" ? "api/v1" : `apis/${group}/v1`;
}

/** The part of a group's OpenAPI document that tells which query parameters a PATCH takes. */
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
  for (const group of ["", ...groups()]) {
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
  if (path === "/apis") return { kind: "APIGroupList", apiVersion: "v1", groups: groups().map(apiGroup) };
  if (path === "/openapi/v3") return documents();
  for (const group of ["", ...groups()]) {
    if (path === `/${pathOf(group)}`) return resourceList(group);
    if (path === `/openapi/v3/${pathOf(group)}`) return openApi(group);
    if (group !== "" && path === `/apis/${group}`) return { kind: "APIGroup", apiVersion: "v1", ...apiGroup(group) };
  }
  return undefined;
}

/** The answer to a question about the server itself, which anybody who is signed in may ask; undefined: it is another one. */
export function discovery(path: string): Reply | undefined {
  if (["/readyz", "/livez", "/healthz"].includes(path))
    return { status: 200, headers: { "content-type": "text/plain; charset=utf-8" }, body: "ok" };
  const document = documentAt(path);
  return document === undefined ? undefined : { status: 200, body: document };
}
