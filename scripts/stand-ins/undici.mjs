// @actions/http-client and @actions/github name undici for requests by fetch, which the action does not send: its OIDC requests go
// through node:https, and Octokit gets a fetch of its own. @actions/github makes a ProxyAgent while it is loaded, if there is a proxy.
// Leaving undici out keeps 0.8 MB out of dist/.
export class ProxyAgent {}

export function fetch() {
  throw new Error("undici is not part of this bundle");
}
