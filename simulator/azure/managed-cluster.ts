/** GET and PUT of the managed cluster. */
import type { Reply, SimulatedRequest } from "../lib/http.ts";
import { isObject, type JsonObject, objectsAt, textAt } from "../lib/json.ts";
import { clusterId, WRITE_CLUSTER } from "../world/changes.ts";
import { isStopped } from "../world/cluster-settings.ts";
import type { Mechanism } from "../world/cluster.ts";
import { MECHANISM_PATH, newOperation, runningOperations, startWaitingOperations } from "../world/operations.ts";
import type { IfMatchForm } from "../world/resource-manager-settings.ts";
import { mechanismAt, type World } from "../world/world.ts";
import { inApiVersion, keepUnnamed, unknownProperty } from "./api-versions.ts";
import { gatewayError, providerError } from "./errors.ts";
import { FEATURE, featureIsEffective, PROVIDER } from "./features.ts";
import { revisionsIn, unsupportedRevision } from "./mesh-revisions.ts";
import { clusterBody, operationUrl } from "./operation-status.ts";
import { withServerValues } from "./read-only.ts";
import { changeOf } from "./recorded-changes.ts";

/** GET of the cluster. */
export function readCluster(world: World, request: SimulatedRequest): Reply {
  const apiVersion = request.query.get("api-version") ?? "";
  startWaitingOperations(world, request.at);
  return { status: 200, body: inApiVersion(world, clusterBody(world, request.at), apiVersion) };
}

function revisionNumber(revision: string): number {
  return Number(/^asm-1-(\d+)$/.exec(revision)?.[1] ?? Number.NaN);
}

/** The refusal of a body for its content; undefined where it is valid. */
function invalidBody(world: World, body: JsonObject, apiVersion: string): Reply | undefined {
  const location = textAt(body, "location");
  if (location === undefined) {
    return gatewayError(400, "LocationRequired", "The location property is required for this definition.");
  }
  if (location.toLowerCase().replaceAll(" ", "") !== world.cluster.location) {
    return gatewayError(
      409,
      "InvalidResourceLocation",
      `The resource '${world.cluster.name}' already exists in location '${world.cluster.location}' in resource group '${world.resourceGroup}'. A resource with the same name cannot be created in location '${location}'.`,
    );
  }
  const requested = textAt(body, ...MECHANISM_PATH);
  const unknown = unknownProperty(world, body, apiVersion);
  if (unknown !== undefined) {
    return providerError(400, "UnmarshalError", `UnmarshalEntity encountered error: json: unknown field "${unknown}".`);
  }
  if (objectsAt(body, "properties", "agentPoolProfiles").length === 0) {
    return providerError(
      400,
      "InvalidParameter",
      "Required parameter agentPoolProfiles is missing (null).",
      "MissingAgentPoolProfiles",
    );
  }
  if (requested !== undefined && requested !== "CNIChaining" && requested !== "InitContainers") {
    return providerError(
      400,
      "InvalidParameter",
      `The value of parameter properties.serviceMeshProfile.istio.components.proxyRedirectionMechanism is invalid: '${requested}'.`,
    );
  }
  const meshMode = textAt(body, "properties", "serviceMeshProfile", "mode") ?? "Disabled";
  if (requested !== undefined && meshMode !== "Istio") {
    return providerError(400, "BadRequest", "Istio components cannot be set while the service mesh mode is not Istio.");
  }
  const tooOld = revisionsIn(body).find((revision) => revisionNumber(revision) < 25);
  if (requested === "CNIChaining" && tooOld !== undefined) {
    return providerError(
      400,
      "BadRequest",
      `Istio CNI is not supported for revision ${tooOld}. Upgrade to asm-1-25 or later.`,
    );
  }
  return unsupportedRevision(world, body);
}

/** Whether an If-Match header names the current eTag, in a form that this cloud accepts. */
function matches(world: World, ifMatch: string): boolean {
  const eTag = textAt(world.cluster.body, "eTag") ?? "";
  const accepted: Readonly<Record<IfMatchForm, readonly string[]>> = { any: [eTag, `"${eTag}"`], quoted: [`"${eTag}"`], bare: [eTag] };
  return ifMatch === "*" || accepted[world.resourceManager.ifMatch].includes(ifMatch);
}

/** The refusal of a PUT for the cluster's current state; undefined where the state allows it. */
function conflict(world: World, request: SimulatedRequest): Reply | undefined {
  const ifMatch = request.headers["if-match"];
  const running = runningOperations(world, request.at)[0];
  if (running !== undefined) {
    const code = running.pool === undefined ? "OperationNotAllowed" : "EtagMismatch";
    return providerError(
      409,
      code,
      "Operation is not allowed: Another operation (Updating) is in progress, please wait for it to finish before starting a new operation.",
      "PutManagedCluster_OperationNotAllowed",
    );
  }
  if (ifMatch !== undefined && !matches(world, ifMatch)) {
    return providerError(
      412,
      "PreconditionFailed",
      `The eTag provided in the If-Match header '${ifMatch}' does not match the current eTag of the managed cluster.`,
    );
  }
  if (isStopped(world)) {
    return providerError(
      400,
      "OperationNotAllowed",
      `Operation is not allowed: managed cluster '${world.cluster.name}' is stopped. Start it first.`,
    );
  }
  return undefined;
}

function mechanismOf(text: string | undefined): Mechanism {
  return text === "CNIChaining" ? "CNIChaining" : "InitContainers";
}

/** PUT of the cluster. It replaces the whole resource: properties that the body lacks are removed. */
export function writeCluster(world: World, request: SimulatedRequest, armOrigin: string): Reply {
  const apiVersion = request.query.get("api-version") ?? "";
  if (!isObject(request.body)) {
    return gatewayError(400, "InvalidRequestContent", "The request content was invalid and could not be deserialized.");
  }
  const refused = invalidBody(world, request.body, apiVersion) ?? conflict(world, request);
  if (refused !== undefined) return refused;

  const { cluster } = world;
  const before = textAt(cluster.body, ...MECHANISM_PATH);
  const requested = textAt(request.body, ...MECHANISM_PATH);
  if (requested === "CNIChaining" && before !== requested && !featureIsEffective(world, request.at)) {
    return providerError(
      400,
      "FeatureNotEnabled",
      `Preview feature ${PROVIDER}/${FEATURE} not registered. Register the feature ${PROVIDER}/${FEATURE} and refresh the resource provider.`,
    );
  }

  const outcome = cluster.updateOutcome;
  const stored = withServerValues(cluster.body, request.body);
  keepUnnamed(world, cluster.body, stored, apiVersion);
  cluster.body = stored;
  const current = mechanismAt(world, request.at).mechanism;
  // Where the mechanism was never named, a body that does not name it changes nothing.
  const reported = outcome.mechanism ?? requested ?? (before === undefined ? current : undefined);
  const changesMesh = outcome.status === "Succeeded" && mechanismOf(reported) !== current;
  const operation = newOperation(request.at, world.timing.clusterUpdate, {
    status: outcome.status,
    error: outcome.error,
    reportedMechanismAfter: outcome.mechanism,
    mechanismAfter: changesMesh ? mechanismOf(reported) : undefined,
    change: changeOf(world, request, WRITE_CLUSTER, clusterId(world)),
  });
  cluster.operations.push(operation);
  return {
    status: 200,
    headers: { "azure-asyncoperation": operationUrl(world, armOrigin, operation) },
    body: inApiVersion(world, clusterBody(world, request.at), apiVersion),
  };
}
