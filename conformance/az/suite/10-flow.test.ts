/** az's whole way to CNI chaining, command by command, in one cloud: each goes on from what those before it have done. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type AzResult, type AzSession, CLOUD, openSession, SECRET } from "./az.ts";

const FLAG = ["--namespace", "Microsoft.ContainerService", "--name", "IstioCNIPreview"];
let session: AzSession;
let cluster: readonly string[];
const transcript: string[] = [];

/** Runs az and keeps what it was and what came of it. Only a few lines of long outputs are kept. */
async function az(...args: readonly string[]): Promise<AzResult> {
  const began = performance.now();
  const result = await session.az(...args);
  const output = `${result.stderr}${result.stdout}`.trim().split("\n");
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  transcript.push(`$ az ${args.map((arg) => (arg === SECRET || arg.length > 200 ? "***" : arg)).join(" ")}   # ${seconds} s, exit ${result.exitCode}`, ...output.slice(0, 12));
  return result;
}

/** The output of a command that must succeed. */
async function output(...args: readonly string[]): Promise<string> {
  const result = await az(...args);
  expect(result.exitCode, result.stderr).toBe(0);
  return result.stdout.trim();
}

beforeAll(async () => {
  session = await openSession({ scenario: "fresh" });
  cluster = ["--resource-group", session.simulator.world.resourceGroup, "--name", session.simulator.world.cluster.name];
});

afterAll(async () => {
  process.stdout.write(`${transcript.join("\n")}\n`);
  await session[Symbol.asyncDispose]();
});

describe("az on the simulated cloud", { concurrent: false }, () => {
  it("is the version that the table of differences is about", async () => {
    expect(await output("version", "--query", '"azure-cli"', "--output", "tsv")).toBe(inject("azVersion"));
  });

  it("registers the cloud from its endpoint metadata", async () => {
    await output("cloud", "register", "--name", CLOUD, "--endpoint-resource-manager", session.simulator.endpoints.arm);
    await output("cloud", "set", "--name", CLOUD);
    await output("cloud", "update", "--name", CLOUD, "--endpoint-resource-manager", session.simulator.endpoints.arm);
    expect(await output("cloud", "show", "--query", "endpoints.activeDirectory", "--output", "tsv")).toBe(`${session.simulator.endpoints.entra}/`);
  });

  it("finds the cloud in a list of clouds", async () => {
    const { arm, entra } = session.simulator.endpoints;
    const more = { ARM_CLOUD_METADATA_URL: `${arm}/metadata/endpoints?api-version=2020-06-01`, AZURE_CONFIG_DIR: join(session.folder, "other") };
    const { stdout, stderr } = await session.azWith(more, "cloud", "list", "--query", "[?name=='SimulatedCloud'].endpoints.activeDirectory", "--output", "tsv");
    expect(stdout.trim(), stderr).toBe(`${entra}/`);
  });

  it.each(["secret", "federated"] as const)("signs in: %s", async (how) => {
    await output(...(await session.loginArguments(how)));
    const { subscriptionId, identity } = session.simulator.world;
    expect(await output("account", "show", "--query", "[id, tenantId, user.name]", "--output", "tsv")).toBe([subscriptionId, identity.tenantId, identity.clientId].join("\n"));
    expect(await output("account", "list", "--query", "[].id", "--output", "tsv")).toBe(subscriptionId);
    expect(await output("account", "get-access-token", "--query", "tokenType", "--output", "tsv")).toBe("Bearer");
  });

  it("registers the preview flag and the provider", async () => {
    expect(await output("feature", "list", "--namespace", "Microsoft.ContainerService", "--query", "[].properties.state", "--output", "tsv")).toBe("NotRegistered");
    expect(await output("feature", "register", ...FLAG, "--query", "properties.state", "--output", "tsv")).toMatch(/^Regist/);
    await expect.poll(() => output("feature", "show", ...FLAG, "--query", "properties.state", "--output", "tsv"), { timeout: 30_000 }).toBe("Registered");
    await output("provider", "register", "--namespace", "Microsoft.ContainerService");
    expect(await output("provider", "show", "--namespace", "Microsoft.ContainerService", "--query", "registrationState", "--output", "tsv")).toBe("Registered");
    expect(await output("provider", "list", "--query", "[].namespace", "--output", "tsv")).toBe("Microsoft.ContainerService");
  });

  it("finds the cluster and its group", async () => {
    const { name } = session.simulator.world.cluster;
    const group = session.simulator.world.resourceGroup;
    expect(await output("aks", "list", "--query", "[].name", "--output", "tsv")).toBe(name);
    expect(await output("aks", "list", "--resource-group", group, "--query", "[].name", "--output", "tsv")).toBe(name);
    expect(await output("group", "exists", "--name", group)).toBe("true");
    expect(await output("group", "show", "--name", group, "--query", "location", "--output", "tsv")).toBe("westeurope");
  });

  it("lists mesh revisions and upgrades", async () => {
    expect(await output("aks", "mesh", "get-revisions", "--location", "westeurope", "--output", "table")).toMatch(/asm-1-29 +asm-1-30[\s\S]*asm-1-30 +None available/);
    expect(await output("aks", "mesh", "get-upgrades", ...cluster, "--query", "revision", "--output", "tsv")).toBe("asm-1-30");
  });

  it("switches to CNI chaining, and refuses to do so again", async () => {
    const property = "serviceMeshProfile.istio.components.proxyRedirectionMechanism";
    expect(await output("aks", "mesh", "proxy-redirection-mechanism", ...cluster, "--mechanism", "CNIChaining", "--query", property, "--output", "tsv")).toBe("CNIChaining");
    expect(await output("aks", "show", ...cluster, "--query", `[provisioningState, ${property}]`, "--output", "tsv")).toBe("Succeeded\nCNIChaining");
    const again = await az("aks", "mesh", "proxy-redirection-mechanism", ...cluster, "--mechanism", "CNIChaining");
    expect(again.exitCode).toBe(1);
    expect(again.stderr).toContain("already set");
  });

  it("fetches the cluster's credentials", async () => {
    const file = join(session.folder, "kubeconfig");
    await output("aks", "get-credentials", ...cluster, "--file", file);
    expect(await readFile(file, "utf8")).toContain(session.simulator.endpoints.kubernetes);
  });

  it("runs a command in the cluster", async () => {
    expect(await output("aks", "command", "invoke", ...cluster, "--command", "kubectl get namespaces --output name")).toMatch(/exitcode=0[\s\S]*namespace\/aks-istio-system/);
  });

  it("shows in the activity log who wrote the cluster", async () => {
    const { subscriptionId, resourceGroup, cluster: { name }, identity } = session.simulator.world;
    const id = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.ContainerService/managedClusters/${name}`;
    const query = "[?status.value=='Succeeded'].[operationName.value, caller]";
    expect(await output("monitor", "activity-log", "list", "--resource-id", id, "--query", query, "--output", "tsv")).toBe(`Microsoft.ContainerService/managedClusters/write\t${identity.objectId}`);
  });

  it("aborts an operation", async () => {
    session.simulator.world.timing.clusterUpdate = 600_000;
    await output("aks", "mesh", "proxy-redirection-mechanism", ...cluster, "--mechanism", "InitContainers", "--no-wait");
    await output("aks", "operation-abort", ...cluster);
    expect(await output("aks", "show", ...cluster, "--query", "provisioningState", "--output", "tsv")).toBe("Canceled");
    const again = await az("aks", "operation-abort", ...cluster);
    expect(again.exitCode).toBe(1);
    expect(again.stderr).toContain("Conflict");
  });

  it("asked the simulator for nothing that it does not serve", () => {
    const unknown = session.simulator.requestLog.entries.filter(({ status }) => status === 0 || status === 404 || status >= 500);
    expect(unknown.map(({ method, path, status }) => `${status} ${method} ${path}`)).toEqual([]);
  });
});
