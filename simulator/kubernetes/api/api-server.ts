/** The Kubernetes API server: authentication, authorization, routes. */
import { LOCAL_ACCOUNT } from "../../lib/certificates.ts";
import { bearerToken, type Handler, type Reply, type SimulatedRequest } from "../../lib/http.ts";
import { isObject } from "../../lib/json.ts";
import type { TokenRegistry } from "../../lib/tokens.ts";
import { hasEntra } from "../../world/cluster-settings.ts";
import { settleOperations } from "../../world/operations.ts";
import { createWaitingWorkloads } from "../../world/workload.ts";
import { AKS_APPLICATION, type World } from "../../world/world.ts";
import { apiVersion, qualifiedName, type Resource } from "../objects/resource.ts";
import { failure, notFound, noSuchPath } from "../objects/status.ts";
import { RESOURCES } from "../resources/all-resources.ts";
import { type Access, authorizationError } from "./authorization.ts";
import { discovery } from "./discovery.ts";
import { createListHandler, type ListHandler } from "./list.ts";
import { createPod, patchNamespace, patchWorkload } from "./writes.ts";

interface Target {
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

/** /api/v1/… and /apis/<group>/v1/…, with or without namespaces/<namespace>/. */
function targetOf(path: string): Target | undefined {
  const match = /^(?:\/api\/v1|\/apis\/([^/]+)\/v1)\/(.+)$/.exec(path);
  if (match === null) return undefined;
  const group = match[1] ?? "";
  const parts = (match[2] ?? "").split("/");
  const isNested = parts[0] === "namespaces" && parts.length >= 3;
  const namespace = isNested ? parts[1] : undefined;
  const [plural, name, ...rest] = isNested ? parts.slice(2) : parts;
  const resource = RESOURCES.find((candidate) => candidate.group === group && candidate.plural === plural);
  if (resource === undefined || rest.length > 0) return undefined;
  if (resource.namespaced !== isNested && (name !== undefined || isNested)) return undefined;
  return { resource, namespace, name };
}

function verbOf(method: string, name: string | undefined): Access["verb"] | undefined {
  if (method === "GET") return name === undefined ? "list" : "get";
  if (method === "POST" && name === undefined) return "create";
  if (method === "PATCH" && name !== undefined) return "patch";
  return undefined;
}

function isWatch(request: SimulatedRequest): boolean {
  return ["true", "1"].includes(request.query.get("watch") ?? "");
}

/** The authenticated user; undefined where there is none. */
function userOf(world: World, tokens: TokenRegistry, request: SimulatedRequest): string | undefined {
  const token = tokens.find(bearerToken(request.headers));
  if (token !== undefined && token.audience === AKS_APPLICATION && token.expiresAt > request.at)
    return world.identity.objectId;
  const hasLocalAccounts = world.cluster.kubeconfig === "client-certificate" || !hasEntra(world);
  return hasLocalAccounts ? request.clientCertificate : undefined;
}

function readOne(world: World, { resource, namespace, name = "" }: Target, request: SimulatedRequest): Reply {
  const entry = resource
    .entries(world, request.at)
    .find((candidate) => candidate.name === name && candidate.namespace === namespace);
  if (entry === undefined) return notFound(resource.plural, resource.group, name);
  return { status: 200, body: { kind: resource.kind, apiVersion: apiVersion(resource), ...entry.render() } };
}

function patchOne(world: World, target: Target, request: SimulatedRequest): Reply {
  const { resource, namespace, name = "" } = target;
  const current = readOne(world, target, request);
  if (current.status !== 200 || !isObject(current.body)) return current;
  const { kind, plural } = resource;
  const patchTarget = { object: current.body, kind, qualified: qualifiedName(resource), name };
  if (plural === "namespaces") return patchNamespace(world, patchTarget, request);
  const isWorkload = ["deployments", "statefulsets", "daemonsets"].includes(plural);
  return isWorkload && namespace !== undefined
    ? patchWorkload(world, namespace, patchTarget, request)
    : methodNotAllowed();
}

function methodNotAllowed(): Reply {
  return failure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {});
}

function route(world: World, lists: ListHandler, user: string, request: SimulatedRequest): Reply {
  const target = targetOf(request.path);
  if (target === undefined) return noSuchPath();
  const { resource, namespace, name } = target;
  const verb = verbOf(request.method, name);
  if (verb === undefined) return methodNotAllowed();
  const access = { verb, group: resource.group, resource: resource.plural, name, namespace };
  const isClusterAdmin = user === LOCAL_ACCOUNT;
  const refused = isClusterAdmin ? undefined : authorizationError(world, user, access);
  if (refused !== undefined) return refused;
  switch (verb) {
    case "get":
      return readOne(world, target, request);
    case "list":
      return isWatch(request) ? lists.watch(resource, namespace, request) : lists.list(resource, namespace, request);
    case "create":
      return resource.plural === "pods" && namespace !== undefined
        ? createPod(world, namespace, request)
        : methodNotAllowed();
    case "patch":
      return patchOne(world, target, request);
  }
}

/** Whether the client accepts JSON; some accept protobuf only. */
function acceptsJson(request: SimulatedRequest): boolean {
  const accept = request.headers.accept ?? "*/*";
  return accept.split(",").some((part) => /^\s*(?:application\/(?:json|\*)|\*\/\*)\s*(?:;|$)/.test(part));
}

function notAcceptable(): Reply {
  const text = "only the following media types are accepted: application/json, application/yaml";
  return failure(406, "NotAcceptable", text, {});
}

/** The values of the Warning headers: the world's own, except for a failure, and the reply's. */
function warnings(world: World, reply: Reply): string[] {
  const isStatus = isObject(reply.body) && reply.body["kind"] === "Status";
  const own = isStatus ? [] : world.kubernetes.warnings.map((text) => `299 - "${text}"`);
  const replied = reply.headers?.["warning"] ?? [];
  return [...own, ...(typeof replied === "string" ? [replied] : replied)];
}

/** The API server of the simulated cluster. */
export function createApiServer(world: World, tokens: TokenRegistry): Handler {
  const lists = createListHandler(world);
  return (request) => {
    settleOperations(world, request.at);
    const user = userOf(world, tokens, request);
    if (user !== undefined && request.method === "GET") createWaitingWorkloads(world.kubernetes.workloads, request.at);
    const reply =
      user === undefined
        ? failure(401, "Unauthorized", "Unauthorized")
        : !acceptsJson(request)
          ? notAcceptable()
          : (discovery(request.path) ?? route(world, lists, user, request));
    const warning = warnings(world, reply);
    return {
      ...reply,
      headers: {
        "audit-id":
          request.headers["x-request-id"] === undefined ? "simulated" : String(request.headers["x-request-id"]),
        "cache-control": "no-cache, private",
        ...reply.headers,
        ...(warning.length === 0 ? {} : { warning }),
      },
    };
  };
}
