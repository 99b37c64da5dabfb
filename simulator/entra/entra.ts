/** Microsoft Entra ID: OpenID configuration and the token endpoint. */
import type { Handler, Reply } from "../lib/http.ts";
import { entraError } from "./errors.ts";
import { type TokenEndpointOptions, tokenReply } from "./token-endpoint.ts";

const TENANT_KEYWORDS = new Set(["common", "organizations", "consumers"]);

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
export function createEntra(options: TokenEndpointOptions): Handler {
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
    if (request.method === "POST" && rest.join("/") === "oauth2/v2.0/token") return tokenReply(request, options);
    return { status: 404, body: "" };
  };
}
