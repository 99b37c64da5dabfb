/** The token endpoint: client credentials with a secret or a federated assertion. */
import { formOf, type Reply, type SimulatedRequest } from "../lib/http.ts";
import { isObject, parseJson, type JsonObject, textAt } from "../lib/json.ts";
import type { TokenRegistry } from "../lib/tokens.ts";
import type { World } from "../world/world.ts";
import { entraError } from "./errors.ts";

export interface TokenEndpointOptions {
  readonly world: World;
  readonly tokens: TokenRegistry;
  /** The origins of Entra and of GitHub's OIDC provider. They are known once the servers listen. */
  readonly origins: () => { readonly entra: string; readonly github: string };
  /** Resource identifiers that tokens are issued for, without trailing slashes. */
  readonly audiences: () => readonly string[];
}

function claimsOf(assertion: string): JsonObject | undefined {
  const payload = assertion.split(".")[1];
  const claims = payload === undefined ? undefined : parseJson(Buffer.from(payload, "base64url").toString("utf8"));
  return isObject(claims) ? claims : undefined;
}

function invalidClient(request: SimulatedRequest, code: number, text: string): Reply {
  return entraError(request.at, 401, "invalid_client", code, text);
}

/** The refusal of a federated assertion; undefined where it is accepted. */
function assertionError(assertion: string, request: SimulatedRequest, options: TokenEndpointOptions): Reply | undefined {
  const claims = claimsOf(assertion);
  if (claims === undefined) return invalidClient(request, 50027, "JWT token is invalid or malformed.");
  const [issuer = "", subject = "", audience = ""] = [
    textAt(claims, "iss"),
    textAt(claims, "sub"),
    textAt(claims, "aud"),
  ];
  const credentials = options.world.identity.federatedCredentials.map((credential) => ({
    ...credential,
    issuer: credential.issuer === "" ? options.origins().github : credential.issuer,
  }));
  const matching = credentials.filter(
    (credential) => credential.issuer === issuer && credential.audience === audience,
  );
  if (matching.length === 0) {
    const presented = `Assertion Issuer: '${issuer}'. Assertion Subject: '${subject}'. Assertion Audience: '${audience}'.`;
    const text = `No matching federated identity record found for presented assertion. ${presented} https://learn.microsoft.com/entra/workload-id/workload-identity-federation`;
    return invalidClient(request, 70021, text);
  }
  if (!matching.some((credential) => credential.subject === subject)) {
    const text = `No matching federated identity record found for presented assertion subject '${subject}'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation`;
    return invalidClient(request, 700213, text);
  }
  const issued = options.tokens.find(assertion);
  if (issued === undefined) {
    return invalidClient(request, 5000224, "We are unable to validate the signature of the client assertion.");
  }
  if (issued.expiresAt <= request.at) {
    const times = `Current time: ${new Date(request.at).toISOString()}, assertion valid until ${new Date(issued.expiresAt).toISOString()}.`;
    const text = `Client assertion is not within its valid time range. ${times} Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .`;
    return invalidClient(request, 700024, text);
  }
  return undefined;
}

/** The refusal of the presented credential; undefined where it is accepted. */
function credentialError(request: SimulatedRequest, form: URLSearchParams, options: TokenEndpointOptions): Reply | undefined {
  const { identity } = options.world;
  const assertion = form.get("client_assertion");
  if (assertion !== null) return assertionError(assertion, request, options);
  const secret = form.get("client_secret");
  if (secret === null) {
    const text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
    return invalidClient(request, 7000218, text);
  }
  if (identity.secret === undefined || secret !== identity.secret) {
    const text = `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${identity.clientId}'.`;
    return invalidClient(request, 7000215, text);
  }
  return undefined;
}

/** POST /<tenant>/oauth2/v2.0/token. */
export function tokenReply(request: SimulatedRequest, options: TokenEndpointOptions): Reply {
  const { identity } = options.world;
  const form = formOf(request.body);
  if (form.get("grant_type") !== "client_credentials") {
    return entraError(request.at, 400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.");
  }
  const clientId = form.get("client_id") ?? "";
  if (clientId.toLowerCase() !== identity.clientId.toLowerCase()) {
    const text = `Application with identifier '${clientId}' was not found in the directory 'Contoso'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.`;
    return entraError(request.at, 400, "unauthorized_client", 700016, text);
  }
  const refused = credentialError(request, form, options);
  if (refused !== undefined) return refused;
  const resource = /(?:^| )(\S+)\/\.default(?: |$)/.exec(form.get("scope") ?? "")?.[1]?.replace(/\/+$/, "") ?? "";
  const audience = options.audiences().find((candidate) => candidate.toLowerCase() === resource.toLowerCase());
  if (audience === undefined) {
    const text = `The resource principal named ${resource} was not found in the tenant named Contoso.`;
    return entraError(request.at, 400, "invalid_resource", 500011, text);
  }
  const claims = {
    iss: `https://sts.windows.net/${identity.tenantId}/`,
    appid: identity.clientId,
    oid: identity.objectId,
    tid: identity.tenantId,
  };
  const seconds = identity.tokenLifetime;
  const access = options.tokens.issue(audience, claims, request.at, seconds);
  return {
    status: 200,
    headers: { "cache-control": "no-store, no-cache" },
    body: { token_type: "Bearer", expires_in: seconds, ext_expires_in: seconds, access_token: access },
  };
}
