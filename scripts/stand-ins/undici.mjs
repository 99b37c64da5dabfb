// @actions/http-client names undici for a proxy dispatcher that only its fetch-based callers ask for. The action has none:
// its OIDC requests go through node:https. Leaving undici out keeps 0.8 MB out of dist/.
export class ProxyAgent {
  constructor() {
    throw new Error("undici is not part of this bundle");
  }
}
