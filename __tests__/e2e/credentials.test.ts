/** Which credentials a run signs in with, and from where it takes the subscription. */
import { describe, expect, it } from "vitest";
import { type TemporaryFolder, temporaryFolder } from "../../simulator/lib/temporary-folder.ts";
import { act, annotated, NO_OIDC, startWorld } from "./world.ts";

describe("credentials", () => {
  /** Replaces the Azure CLI by a script. */
  function azureCli(script: string): TemporaryFolder {
    return temporaryFolder({ az: `#!/bin/sh\n${script}\n` });
  }
  const pathWith = ({ path }: TemporaryFolder): string => `${path}:${process.env["PATH"] ?? ""}`;

  it("prefers GitHub's OIDC, and requests a new assertion for each exchange", async () => {
    await using simulator = await startWorld("compliant", { tweak: (world) => (world.identity.secret = "also there") });
    const run = await act(simulator, {}, { env: { AZURE_CLIENT_SECRET: "also there" } });
    expect(run.log).toContain("federated login of client");
    const exchanges = simulator.requestLog.of("entra", "POST").length;
    expect(exchanges).toBe(2);
    expect(simulator.requestLog.of("github").length).toBeGreaterThanOrEqual(exchanges);
  });

  it("asks GitHub for a token for the audience that the federated credential expects", async () => {
    await using simulator = await startWorld("compliant", {
      tweak: ({ identity }) => {
        identity.federatedCredentials = identity.federatedCredentials.map((credential) => ({ ...credential, audience: "api://contoso-federation" }));
      },
    });
    const run = await act(simulator, { audience: "api://contoso-federation" });
    expect(run.outputs["status"], run.log).toBe("compliant");
    expect((await act(simulator)).outputs["status"], "with the default audience").toBe("failed");
  });

  it("uses a client secret where OIDC is not available", async () => {
    await using simulator = await startWorld("compliant", { tweak: (world) => (world.identity.secret = "s3cret-value-of-the-app") });
    const run = await act(simulator, {}, { env: { ...NO_OIDC, AZURE_CLIENT_SECRET: "s3cret-value-of-the-app" } });
    expect(run.outputs["status"], run.log).toBe("compliant");
    expect(run.log).toContain("client secret of client");
    expect(run.log.replace(/^::add-mask::.*$/gm, "")).not.toContain("s3cret-value-of-the-app");
  });

  it("takes the subscription from the Azure CLI where no input or variable sets it", async () => {
    await using simulator = await startWorld("compliant");
    using cli = azureCli(`echo '{"id": "${simulator.world.subscriptionId}", "name": "demo"}'`);
    const run = await act(simulator, { "subscription-id": "" }, { env: { PATH: pathWith(cli) } });
    expect(run.outputs["status"], run.log).toBe("compliant");
  });

  it("reports a missing subscription where the Azure CLI is not signed in", async () => {
    await using simulator = await startWorld("compliant");
    using cli = azureCli("echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1");
    const run = await act(simulator, { "subscription-id": "" }, { env: { PATH: pathWith(cli) } });
    expect(run.exitCode).toBe(1);
    const [error] = annotated(run, "error");
    expect(error).toContain("Please run 'az login'");
    expect(error).toContain("Set subscription-id");
  });

  it("falls back to the session of the Azure CLI", async () => {
    await using simulator = await startWorld("compliant", { tweak: (world) => (world.identity.secret = "x".repeat(20)) });
    // The session's token is issued by the simulated Entra: the script requests it as az does.
    const { entra } = simulator.endpoints;
    const { tenantId, clientId } = simulator.world.identity;
    using cli = azureCli(`
case "$*" in
  "account show"*) echo '{"id": "${simulator.world.subscriptionId}"}' ;;
  *)
    while [ $# -gt 0 ]; do [ "$1" = --resource ] && resource="$2"; shift; done
    '${process.execPath}' -e '
      const body = new URLSearchParams({ grant_type: "client_credentials", client_id: "${clientId}", client_secret: "${"x".repeat(20)}", scope: process.argv[1] + "/.default" });
      fetch("${entra}/${tenantId}/oauth2/v2.0/token", { method: "POST", body }).then((r) => r.json()).then((t) =>
        console.log(JSON.stringify({ accessToken: t.access_token, expires_on: Math.floor(Date.now() / 1000) + 3600, expiresOn: "2099-01-01 00:00:00.000000", tokenType: "Bearer" })));
    ' "$resource" ;;
esac`);
    const run = await act(simulator, {}, { env: { ...NO_OIDC, PATH: pathWith(cli) } });
    expect(run.log).toContain("the Azure CLI's session");
    expect(run.outputs["status"], run.log).toBe("compliant");
  });

  it("falls back to the runner's managed identity last", async () => {
    await using simulator = await startWorld("compliant", { tweak: (world) => (world.identity.secret = "x".repeat(20)) });
    const { createServer: createHttp } = await import("node:http");
    const { entra } = simulator.endpoints;
    const { tenantId, clientId } = simulator.world.identity;
    const resources: string[] = [];
    // The instance metadata service speaks plain HTTP on the machine itself.
    const metadata = createHttp((request, response) => {
      const resource = new URL(request.url ?? "/", "http://localhost").searchParams.get("resource") ?? "";
      resources.push(resource);
      const body = new URLSearchParams({ grant_type: "client_credentials", client_id: clientId, client_secret: "x".repeat(20), scope: `${resource}/.default` });
      void issue(`${entra}/${tenantId}/oauth2/v2.0/token`, body.toString(), simulator.publicAuthority).then((token) => {
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify({ access_token: token, expires_on: String(Math.floor(simulator.clock.now() / 1000) + 86_000), resource, token_type: "Bearer" }));
      });
    });
    await new Promise<void>((resolve) => metadata.listen(0, "127.0.0.1", resolve));
    const address = metadata.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const run = await act(simulator, { "client-id": "", "tenant-id": "" }, { env: { ...NO_OIDC, AZURE_POD_IDENTITY_AUTHORITY_HOST: `http://127.0.0.1:${port}` } });
    metadata.close();
    expect(run.log).toContain("the runner's managed identity");
    expect(run.outputs["status"], run.log).toBe("compliant");
    expect(resources.length).toBeGreaterThanOrEqual(2);
  });
});

/** Requests a token from the simulated Entra. */
async function issue(url: string, body: string, ca: string): Promise<string> {
  const { request } = await import("node:https");
  return new Promise((resolve, reject) => {
    const call = request(url, { method: "POST", ca, headers: { "content-type": "application/x-www-form-urlencoded" } }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve((JSON.parse(text) as { access_token: string }).access_token));
    });
    call.on("error", reject);
    call.end(body);
  });
}
