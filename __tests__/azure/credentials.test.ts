/** Tokens that were thrown away: none of the caches below may give them out again. */
import { once } from "node:events";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AzureCli } from "../../src/azure/azure-cli.ts";
import { knownCloud } from "../../src/azure/clouds.ts";
import { selectCredential } from "../../src/azure/credentials.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { simulatedContext } from "../simulated-context.ts";

const CLOUD = knownCloud("AzureCloud");

/** The endpoint of App Service's managed identities: a new token for each request. */
async function startIdentityEndpoint(): Promise<AsyncDisposable & { readonly given: readonly string[] }> {
  const given: string[] = [];
  const server = createServer((request, response) => {
    const resource = new URL(request.url ?? "/", "http://localhost").searchParams.get("resource") ?? "";
    given.push(`token-${given.length + 1}`);
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ access_token: given.at(-1), resource, token_type: "Bearer", expires_on: Math.floor(Date.now() / 1000) + 86_400 }));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  vi.stubEnv("IDENTITY_ENDPOINT", `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`);
  vi.stubEnv("IDENTITY_HEADER", "header");
  return {
    given,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** MSAL chooses one kind of managed identity in a process and keeps it, also where another test of this process had none. */
async function forgetIdentitySource(): Promise<void> {
  const msal = createRequire(import.meta.url).resolve("@azure/msal-node/package.json");
  const { ManagedIdentityClient } = (await import(pathToFileURL(join(dirname(msal), "dist/client/ManagedIdentityClient.mjs")).href)) as { ManagedIdentityClient: object };
  Reflect.deleteProperty(ManagedIdentityClient, "identitySource");
}

beforeEach(forgetIdentitySource);
afterEach(async () => {
  vi.unstubAllEnvs();
  await forgetIdentitySource();
});

describe("a managed identity", () => {
  it("is asked for a new token where one was refused, although MSAL keeps those of the whole process", async () => {
    await using endpoint = await startIdentityEndpoint();
    const masked: string[] = [];
    const cli = new AzureCli(() => Promise.reject(new Error("not there")), { tenantId: undefined, subscriptionId: undefined });
    const sources = { tenantId: undefined, clientId: undefined, audience: "", clientSecret: "", idToken: undefined, cli, mask: (secret: string) => void masked.push(secret) };
    const { credential, description } = await selectCredential(sources, CLOUD, { ...simulatedContext().context, clock: systemClock });
    expect(description).toContain("managed identity");

    const first = await credential.getToken(CLOUD.scope);
    expect(await credential.getToken(CLOUD.scope), "kept while it is good").toEqual(first);
    credential.discard(first?.token ?? "");
    const [one, other] = await Promise.all([credential.getToken(CLOUD.scope), credential.getToken(CLOUD.scope)]);
    expect(one?.token).not.toBe(first?.token);
    expect(other, "one new token for all that ask").toEqual(one);
    credential.discard(first?.token ?? "");
    expect(await credential.getToken(CLOUD.scope), "a refusal that comes late is no refusal of the new token").toEqual(one);
    expect(masked, "the new one is masked as well").toEqual([first?.token, one?.token]);
    expect(endpoint.given).toEqual(masked);
  });
});
