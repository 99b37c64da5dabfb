// @actions/http-client and @actions/github name undici for requests by fetch, which the action does not send: its OIDC requests use
// node:https, and Octokit gets a fetch of its own. @actions/github creates a ProxyAgent while it is loaded if a proxy is configured, so
// the constructor must not throw. Without undici dist/ is 0.8 MB smaller.
export class ProxyAgent {}

export function fetch() {
  throw new Error("undici is not part of this bundle");
}
