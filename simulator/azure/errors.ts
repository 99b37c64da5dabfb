/** The two recorded shapes of Azure's errors: the gateway's is wrapped, the provider's is flat. */
import type { Reply, SimulatedRequest } from "../lib/http.ts";
import type { ArmAction, World } from "../world/world.ts";

/** Resource Manager's own errors: `{error: {code, message}}`. */
export function gatewayError(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8", "x-ms-failure-cause": "gateway", ...headers },
    body: { error: { code, message } },
  };
}

/** The AKS resource provider's errors: `{code, details, message, subcode}`. */
export function providerError(status: number, code: string, message: string, subcode = ""): Reply {
  return { status, headers: { "x-ms-failure-cause": "service" }, body: { code, details: null, message, subcode } };
}

/** 403 for a missing role assignment. */
export function authorizationFailed(world: World, action: ArmAction, scope: string): Reply {
  const { clientId, objectId } = world.identity;
  return gatewayError(
    403,
    "AuthorizationFailed",
    `The client '${clientId}' with object id '${objectId}' does not have authorization to perform action '${action}' over scope '${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
  );
}

/** 404 for a path that Resource Manager does not serve. */
export function noSuchRoute(request: SimulatedRequest): Reply {
  return gatewayError(
    404,
    "InvalidResourceType",
    `The resource type could not be found for '${request.method} ${request.path}' and api version '${request.query.get("api-version") ?? ""}'.`,
  );
}
