/** Bad input, missing rights, and endpoints that are not Azure: one clear error, and nothing changed. */
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import type { ScenarioName, World } from "../../simulator/index.ts";
import type { RunOptions } from "../../simulator/run-action.ts";
import { type TemporaryFolder, temporaryFolder } from "../../simulator/temporary-folder.ts";
import { act, annotated, PUT, SELDOM, SPEED_WITH_COMMANDS, startWorld, type WorldOptions } from "./world.ts";

interface Case extends WorldOptions {
  readonly scenario?: ScenarioName;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Words that the one error holds: the input or resource, and the remedy. */
  readonly says: readonly (string | RegExp)[];
  readonly changes?: readonly string[];
}

const NO_OIDC = { ACTIONS_ID_TOKEN_REQUEST_URL: "", ACTIONS_ID_TOKEN_REQUEST_TOKEN: "" };
/** No instance metadata service answers here, and quickly so. */
const NO_MANAGED_IDENTITY = { AZURE_POD_IDENTITY_AUTHORITY_HOST: "http://127.0.0.1:1" };
const without =
  (action: string) =>
  (world: World): void => {
    world.rights.arm = world.rights.arm.filter((grant) => grant.action !== action);
  };

const CASES: Readonly<Record<string, Case>> = {
  "a cluster that is missing": { inputs: { cluster: "" }, says: ["cluster: is required"] },
  "several problems, all told at once": {
    inputs: { mode: "fix", "timeout-minutes": "0", "poll-interval-seconds": "often", "resource-group": "../x" },
    says: ["mode:", "timeout-minutes:", "poll-interval-seconds:", "resource-group:"],
  },
  "a resource ID of another type": {
    inputs: { cluster: "/subscriptions/5f0f3c1e-9a3b-4a55-8f5e-2f1c6d7b8a90/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/vm" },
    says: ["cluster:", "managedClusters"],
  },
  "no credentials at all": {
    inputs: { "client-id": "", "tenant-id": "" },
    env: { ...NO_OIDC, ...NO_MANAGED_IDENTITY },
    says: ["client-id and tenant-id are not both set", "Azure CLI is not installed", "managed identity", "id-token: write"],
  },
  "OIDC without id-token: write": {
    env: { ...NO_OIDC, ...NO_MANAGED_IDENTITY },
    says: ["id-token: write", "AZURE_CLIENT_SECRET is not set"],
  },
  "no matching federated credential": {
    tweak: (world) => (world.github.subject = "repo:contoso/platform:pull_request"),
    says: ["AADSTS70", "repo:contoso/platform:pull_request", "federated credential"],
  },
  "an unknown client": { inputs: { "client-id": "00000000-0000-0000-0000-00000000beef" }, says: ["AADSTS700016", "client-id"] },
  "an unknown tenant": { inputs: { "tenant-id": "00000000-0000-0000-0000-00000000beef" }, says: ["endpoints_resolution_error", "tenant-id"] },
  "a wrong secret": { env: { ...NO_OIDC, AZURE_CLIENT_SECRET: "wrong" }, says: ["AADSTS7000215", "AZURE_CLIENT_SECRET"] },
  "a cluster that does not exist": { inputs: { cluster: "ghost" }, says: ["ResourceNotFound", "ghost", "Check cluster"] },
  "a resource group that does not exist": { inputs: { "resource-group": "ghosts" }, says: ["ResourceGroupNotFound", "Check resource-group"] },
  "a subscription that does not exist": {
    inputs: { "subscription-id": "00000000-0000-0000-0000-00000000beef" },
    says: ["SubscriptionNotFound", "Check subscription-id"],
  },
  "403 on reading the cluster": {
    tweak: without("Microsoft.ContainerService/managedClusters/read"),
    says: ["reading the cluster demo", "Microsoft.ContainerService/managedClusters/read", '"Reader"', "correlation"],
  },
  "403 on registering the feature": {
    tweak: without("Microsoft.Features/providers/features/register/action"),
    says: ["Microsoft.Features/providers/features/register/action", "the subscription", "Contributor"],
    changes: ["POST arm Microsoft.ContainerService/features/IstioCNIPreview/register (403)"],
  },
  "403 on writing the cluster": {
    scenario: "flag-graduated",
    tweak: without("Microsoft.ContainerService/managedClusters/write"),
    says: ["Microsoft.ContainerService/managedClusters/write", "Azure Kubernetes Service Contributor Role"],
    changes: [`${PUT} (403)`],
  },
  "an endpoint that answers HTML": { faults: [{ match: ({ service }) => service === "arm", fault: { kind: "html" } }], says: ["NotAzure", "azure-environment"] },
  "an endpoint that redirects": {
    faults: [{ match: ({ service }) => service === "arm", fault: { kind: "redirect", location: "https://elsewhere.example/login?token=x" } }],
    says: ["redirects to https://elsewhere.example/login", "azure-environment"],
  },
  "an endpoint with JSON of another shape": {
    faults: [{ match: ({ service, path }) => service === "arm" && path.includes("/metadata/"), fault: { kind: "respond", status: 200, body: { hello: "world" } } }],
    says: ["names no cloud", "azure-environment"],
  },
  "a cluster of another shape": {
    faults: [{ match: ({ path, method }) => method === "GET" && path.endsWith("/managedClusters/demo"), fault: { kind: "respond", status: 200, body: ["hello"] } }],
    says: ["not a managed cluster"],
  },
  "TLS that nobody vouches for": { env: { NODE_EXTRA_CA_CERTS: "" }, says: [/SELF_SIGNED|UNABLE_TO/, "NODE_EXTRA_CA_CERTS"] },
  "a name that does not resolve": {
    inputs: { "azure-environment": "https://management.does-not-exist.invalid" },
    says: [/ENOTFOUND|EAI_AGAIN/, "azure-environment"],
  },
};

describe("bad input", () => {
  it.each(Object.entries(CASES))("%s", async (_, { scenario = "fresh", inputs = {}, env = {}, says, changes = [], ...world }) => {
    await using simulator = await startWorld(scenario, world);
    const options: Omit<RunOptions, "simulator" | "inputs"> = { env };
    const run = await act(simulator, { ...SELDOM, ...inputs }, options);
    expect(run.exitCode, run.log).toBe(1);
    expect(run.outputs).toMatchObject({ status: "failed", changed: "false" });
    const errors = annotated(run, "error");
    expect(errors, "one clear error").toHaveLength(1);
    for (const words of says) {
      const found = words === "correlation" ? run.summary : errors[0];
      if (typeof words === "string") expect(found?.toLowerCase()).toContain(words.toLowerCase());
      else expect(found).toMatch(words);
    }
    expect([...new Set(run.changes)], "nothing is changed").toEqual(changes);
    expect(run.summary).toMatch(/failed/i);
    expect(run.report.error?.remedy).not.toBe("");
  });

  it("a server that accepts connections and never speaks TLS ends with one clear error", async () => {
    const mute = createServer((socket) => socket.end("220 not https\r\n"));
    await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
    const address = mute.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    await using simulator = await startWorld("fresh");
    const run = await act(simulator, { "azure-environment": `https://127.0.0.1:${port}` });
    mute.close();
    expect(run.exitCode, run.log).toBe(1);
    expect(annotated(run, "error")).toHaveLength(1);
    expect(run.changes).toEqual([]);
  });
});

describe("credentials", () => {
  /** A stand-in for the Azure CLI: an external program, and so the edge of what these tests fake. */
  function azureCli(script: string): TemporaryFolder {
    return temporaryFolder({ az: `#!/bin/sh\n${script}\n` });
  }
  const pathWith = ({ path }: TemporaryFolder): string => `${path}:${process.env["PATH"] ?? ""}`;

  it("prefers GitHub's OIDC, and asks for a fresh assertion for each exchange", async () => {
    await using simulator = await startWorld("compliant", { tweak: (world) => (world.identity.secret = "also there") });
    const run = await act(simulator, {}, { env: { AZURE_CLIENT_SECRET: "also there" } });
    expect(run.log).toContain("federated login of client");
    const exchanges = simulator.journal.of("entra", "POST").length;
    expect(exchanges).toBe(2);
    expect(simulator.journal.of("github").length).toBeGreaterThanOrEqual(exchanges);
  });

  it("uses a client secret where OIDC is not available", async () => {
    await using simulator = await startWorld("compliant", { tweak: (world) => (world.identity.secret = "s3cret-value-of-the-app") });
    const run = await act(simulator, {}, { env: { ...NO_OIDC, AZURE_CLIENT_SECRET: "s3cret-value-of-the-app" } });
    expect(run.outputs["status"], run.log).toBe("compliant");
    expect(run.log).toContain("client secret of client");
    expect(run.log.replace(/^::add-mask::.*$/gm, "")).not.toContain("s3cret-value-of-the-app");
  });

  it("takes the subscription from the Azure CLI where nothing else names it", async () => {
    await using simulator = await startWorld("compliant", { speed: SPEED_WITH_COMMANDS });
    using cli = azureCli(`echo '{"id": "${simulator.world.subscriptionId}", "name": "demo"}'`);
    const run = await act(simulator, { "subscription-id": "" }, { env: { PATH: pathWith(cli) } });
    expect(run.outputs["status"], run.log).toBe("compliant");
  });

  it("says that there is no subscription where the Azure CLI is not signed in", async () => {
    await using simulator = await startWorld("compliant");
    using cli = azureCli("echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1");
    const run = await act(simulator, { "subscription-id": "" }, { env: { PATH: pathWith(cli) } });
    expect(run.exitCode).toBe(1);
    const [error] = annotated(run, "error");
    expect(error).toContain("Please run 'az login'");
    expect(error).toContain("Set subscription-id");
  });

  it("falls back to the Azure CLI's session", async () => {
    await using simulator = await startWorld("compliant", { speed: SPEED_WITH_COMMANDS, tweak: (world) => (world.identity.secret = "x".repeat(20)) });
    // The session's token is one that this simulated Entra issued: the stand-in asks for it the way az does.
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

  it("uses the runner's managed identity last", async () => {
    await using simulator = await startWorld("compliant", { tweak: (world) => (world.identity.secret = "x".repeat(20)) });
    const { createServer: createHttp } = await import("node:http");
    const { entra } = simulator.endpoints;
    const { tenantId, clientId } = simulator.world.identity;
    const asked: string[] = [];
    // The instance metadata service speaks plain HTTP on the machine itself.
    const metadata = createHttp((request, response) => {
      const resource = new URL(request.url ?? "/", "http://localhost").searchParams.get("resource") ?? "";
      asked.push(resource);
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
    expect(asked.length).toBeGreaterThanOrEqual(2);
  });
});

/** A token from the simulated Entra. */
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
