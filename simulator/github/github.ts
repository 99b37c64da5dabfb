/** GitHub: the endpoint for a job's OIDC tokens, and the API. */
import { randomUUID } from "node:crypto";
import { bearerToken, type Handler } from "../lib/http.ts";
import type { TokenRegistry } from "../lib/tokens.ts";
import type { World } from "../world/world.ts";
import { createIssuesApi } from "./issues.ts";

export interface GitHubOptions {
  readonly world: World;
  readonly tokens: TokenRegistry;
  /** The origin of this service, which is the issuer of its tokens. */
  readonly origin: () => string;
}

const DEFAULT_AUDIENCE = "https://github.com/contoso";

/** GitHub as a job reaches it. */
export function createGitHub({ world, tokens, origin }: GitHubOptions): Handler {
  const api = createIssuesApi(world, origin);
  return (request) => {
    if (request.path !== "/oidc/token") return api(request);
    const presented = bearerToken(request.headers);
    if (presented === undefined) return { status: 401, body: { message: "Unauthorized" } };
    if (presented !== world.github.requestToken || !world.github.idTokenPermission) {
      return { status: 403, body: { message: "Resource not accessible by integration" } };
    }
    const { repository, subject } = world.github;
    const claims = {
      jti: randomUUID(),
      iss: origin(),
      sub: subject,
      repository,
      repository_owner: repository.split("/")[0] ?? "",
      ref: "refs/heads/main",
      workflow: "mesh",
      run_id: "4200000001",
      runner_environment: "github-hosted",
    };
    const audience = request.query.get("audience") ?? DEFAULT_AUDIENCE;
    return { status: 200, body: { value: tokens.issue(audience, claims, request.at, world.github.tokenLifetime) } };
  };
}
