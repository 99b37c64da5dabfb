/** Microsoft Entra ID: OpenID configuration and the token endpoint for client credentials. */
import { randomUUID } from "node:crypto";
import { formOf, type Handler, type Reply, type SimulatedRequest } from "../lib/http.ts";
import { isObject, parseJson, type JsonObject, textAt } from "../lib/json.ts";
import type { TokenRegistry } from "../lib/tokens.ts";
import type { World } from "../world/world.ts";

/** The Entra application of every AKS cluster. */
export const AKS_APPLICATION = "6dae42f8-4368-4678-94ff-3960e28e3630";

/** What the login endpoint works with. */
export interface EntraOptions {
  readonly world: World;
  readonly tokens: TokenRegistry;
  /** This service's own origin and its neighbours', known once they listen. */
  readonly origins: () => { readonly entra: string; readonly github: string };
  /** Resource identifiers that tokens are issued for, without trailing slashes. */
  readonly audiences: () => readonly string[];
}

const TENANT_KEYWORDS = new Set(["common", "organizations", "consumers"]);

function entraError(at: number, status: number, error: string, code: number, text: string): Reply {
  const timestamp = new Date(at).toISOString().replace("T", " ").replace(/\.\d+/, "");
  const trace = randomUUID();
  const correlation = randomUUID();
  return {
    status,
    headers: { "cache-control": "no-store, no-cache", "x-ms-request-id": trace },
    body: {
      error,
      error_description: `AADSTS${code}: ${text} Trace ID: ${trace} Correlation ID: ${correlation} Timestamp: ${timestamp}`,
      error_codes: [code],
      timestamp,
      trace_id: trace,
      correlation_id: correlation,
      error_uri: `https://login.microsoftonline.com/error?code=${code}`,
    },
  };
}

function claimsOf(assertion: string): JsonObject | undefined {
  const payload = assertion.split(".")[1];
  const claims = payload === undefined ? undefined : parseJson(Buffer.from(payload, "base64url").toString("utf8"));
  return isObject(claims) ? claims : undefined;
}

/** What is wrong with a federated assertion; undefined where it is accepted. */
function assertionError(assertion: string, request: SimulatedRequest, options: EntraOptions): Reply | undefined {
  const claims = claimsOf(assertion);
  if (claims === undefined) {
    return entraError(request.at, 401, "invalid_client", 50027, "JWT token is invalid or malformed.");
  }
  const [issuer = "", subject = "", audience = ""] = [
    textAt(claims, "iss"),
    textAt(claims, "sub"),
    textAt(claims, "aud"),
  ];
  const credentials = options.world.identity.federatedCredentials.map((credential) => ({
    ...credential,
    issuer: credential.issuer === "" ? options.origins().github : credential.issuer,
  }));
  const sameParty = credentials.filter(
    (credential) => credential.issuer === issuer && credential.audience === audience,
  );
  if (sameParty.length === 0) {
    const presented = `Assertion Issuer: '${issuer}'. Assertion Subject: '${subject}'. Assertion Audience: '${audience}'.`;
    const text = `No matching federated identity record found for presented assertion. ${presented} https://learn.microsoft.com/entra/workload-id/workload-identity-federation`;
    return entraError(request.at, 401, "invalid_client", 70021, text);
  }
  if (!sameParty.some((credential) => credential.subject === subject)) {
    const text = `No matching federated identity record found for presented assertion subject '${subject}'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation`;
    return entraError(request.at, 401, "invalid_client", 700213, text);
  }
  const issued = options.tokens.find(assertion);
  if (issued === undefined) {
    return entraError(
      request.at,
      401,
      "invalid_client",
      5000224,
      "We are unable to validate the signature of the client assertion.",
    );
  }
  if (issued.expiresAt <= request.at) {
    const times = `Current time: ${new Date(request.at).toISOString()}, assertion valid until ${new Date(issued.expiresAt).toISOString()}.`;
    const text = `Client assertion is not within its valid time range. ${times} Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .`;
    return entraError(request.at, 401, "invalid_client", 700024, text);
  }
  return undefined;
}

function credentialError(request: SimulatedRequest, form: URLSearchParams, options: EntraOptions): Reply | undefined {
  const { identity } = options.world;
  const assertion = form.get("client_assertion");
  if (assertion !== null) return assertionError(assertion, request, options);
  const secret = form.get("client_secret");
  if (secret === null) {
    const text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
    return entraError(request.at, 401, "invalid_client", 7000218, text);
  }
  if (identity.secret === undefined || secret !== identity.secret) {
    const text = `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${identity.clientId}'.`;
    return entraError(request.at, 401, "invalid_client", 7000215, text);
  }
  return undefined;
}

function token(request: SimulatedRequest, options: EntraOptions): Reply {
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

function openIdConfiguration(tenant: string, origin: string): Reply {
  return {
    status: 200,
    body: {
      token_endpoint: `${origin}/${tenant}/oauth2/v2.0/token`,
      token_endpoint_auth_methods_supported: ["client_secret_post", "private_key_jwt", "client_secret_basic"],
      jwks_uri: `${origin}/${tenant}/discovery/v2.0/keys`,
      response_modes_supported: ["query", "fragment", "form_post"],
      subject_types_supported: ["pairwise"],
      id_token_signing_alg_values_supported: ["RS256"],
      response_types_supported: ["code", "id_token", "code id_token", "id_token token"],
      scopes_supported: ["openid", "profile", "email", "offline_access"],
      issuer: `${origin}/${tenant}/v2.0`,
      authorization_endpoint: `${origin}/${tenant}/oauth2/v2.0/authorize`,
      end_session_endpoint: `${origin}/${tenant}/oauth2/v2.0/logout`,
    },
  };
}

/** The login endpoint of the simulated cloud. */
export function createEntra(options: EntraOptions): Handler {
  return (request) => {
    const [tenant = "", ...rest] = request.path.split("/").slice(1);
    const { origin, host } = new URL(options.origins().entra);
    if (rest.join("/") === "discovery/instance") {
      const metadata = [{ preferred_network: host, preferred_cache: host, aliases: [host] }];
      const endpoint = `${origin}/${options.world.identity.tenantId}/v2.0/.well-known/openid-configuration`;
      return { status: 200, body: { tenant_discovery_endpoint: endpoint, "api-version": "1.1", metadata } };
    }
    if (tenant.toLowerCase() !== options.world.identity.tenantId.toLowerCase() && !TENANT_KEYWORDS.has(tenant)) {
      const text = `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.`;
      return entraError(request.at, 400, "invalid_tenant", 90002, text);
    }
    if (request.method === "GET" && rest.join("/") === "v2.0/.well-known/openid-configuration") {
      return openIdConfiguration(tenant, origin);
    }
    if (request.method === "POST" && rest.join("/") === "oauth2/v2.0/token") return token(request, options);
    return { status: 404, body: "" };
  };
}
