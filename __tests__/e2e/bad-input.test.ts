/** Invalid inputs, missing roles, and endpoints that are not Azure: one clear error, and no change. */
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import type { ScenarioName, World } from "../../simulator/index.ts";
import { act, startWorld } from "./in-process.ts";
import * as bundled from "./world.ts";
import { annotated, NO_OIDC, PUT, SLOW_POLLS, type WorldOptions } from "./world.ts";

interface Case extends WorldOptions {
  readonly scenario?: ScenarioName;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Parts of the error's text: the input or resource, and the remedy. */
  readonly error: readonly (string | RegExp)[];
  readonly changes?: readonly string[];
  /** It concerns a connection or a process of its own. */
  readonly isBundled?: true;
}

/** An address without an instance metadata service, which refuses connections at once. */
const NO_MANAGED_IDENTITY = { AZURE_POD_IDENTITY_AUTHORITY_HOST: "http://127.0.0.1:1" };
const without =
  (action: string) =>
  (world: World): void => {
    world.rights.arm = world.rights.arm.filter((grant) => grant.action !== action);
  };

const CASES: Readonly<Record<string, Case>> = {
  "a missing cluster": { inputs: { cluster: "" }, error: ["cluster: is required"] },
  "several problems, reported together": {
    inputs: { mode: "fix", "timeout-minutes": "0", "poll-interval-seconds": "often", "resource-group": "../x" },
    error: ["mode:", "timeout-minutes:", "poll-interval-seconds:", "resource-group:"],
  },
  "an empty mode, as inputs.mode is on a schedule": { inputs: { mode: "" }, error: ["mode: is empty", "apply, plan, check, disable"] },
  "an empty list of allowed subscriptions, as an unset variable is": { inputs: { "allowed-subscriptions": "" }, error: ["allowed-subscriptions: is empty", "a variable that is not set"] },
  "cluster-name instead of cluster": { inputs: { cluster: "", "cluster-name": "demo" }, error: ["cluster: is required", "cluster-name: is not an input of this action. Did you mean cluster?"] },
  "a misspelled mode, without which the run would apply": { inputs: { modes: "check" }, error: ["modes: is not an input of this action. Did you mean mode?"] },
  "a resource ID of another type": {
    inputs: { cluster: "/subscriptions/5f0f3c1e-9a3b-4a55-8f5e-2f1c6d7b8a90/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/vm" },
    error: ["cluster:", "managedClusters"],
  },
  "no credentials at all": {
    inputs: { "client-id": "", "tenant-id": "" },
    env: { ...NO_OIDC, ...NO_MANAGED_IDENTITY },
    error: ["client-id and tenant-id are not both set", "Azure CLI is not installed", "managed identity", "id-token: write"],
  },
  "OIDC without id-token: write": {
    env: { ...NO_OIDC, ...NO_MANAGED_IDENTITY },
    error: ["id-token: write", "AZURE_CLIENT_SECRET is not set"],
  },
  "no matching federated credential": {
    tweak: (world) => (world.github.subject = "repo:contoso/platform:pull_request"),
    error: ["AADSTS70", "repo:contoso/platform:pull_request", "federated credential"],
  },
  "an unknown client": { inputs: { "client-id": "00000000-0000-0000-0000-00000000beef" }, error: ["AADSTS700016", "client-id"] },
  "an unknown tenant": { inputs: { "tenant-id": "00000000-0000-0000-0000-00000000beef" }, error: ["endpoints_resolution_error", "tenant-id"] },
  "a wrong secret": { env: { ...NO_OIDC, AZURE_CLIENT_SECRET: "wrong" }, error: ["AADSTS7000215", "AZURE_CLIENT_SECRET"] },
  "a cluster that does not exist": { inputs: { cluster: "ghost" }, error: ["ResourceNotFound", "ghost", "Check cluster"] },
  "a resource group that does not exist": { inputs: { "resource-group": "ghosts" }, error: ["ResourceGroupNotFound", "Check resource-group"] },
  "a subscription that does not exist": {
    inputs: { "subscription-id": "00000000-0000-0000-0000-00000000beef" },
    error: ["SubscriptionNotFound", "Check subscription-id"],
  },
  "403 on reading the cluster": {
    tweak: without("Microsoft.ContainerService/managedClusters/read"),
    error: ["reading the cluster demo", "Microsoft.ContainerService/managedClusters/read", '"Reader"', "correlation"],
  },
  "403 on registering the feature": {
    tweak: without("Microsoft.Features/providers/features/register/action"),
    error: ["Microsoft.Features/providers/features/register/action", "the subscription", "Contributor"],
    // The switch is tried without the flag; only its refusal makes the missing right the error.
    changes: ["POST arm Microsoft.ContainerService/features/IstioCNIPreview/register (403)", `${PUT} (400)`],
  },
  "403 on writing the cluster": {
    scenario: "flag-graduated",
    tweak: without("Microsoft.ContainerService/managedClusters/write"),
    error: ["Microsoft.ContainerService/managedClusters/write", "Azure Kubernetes Service Contributor Role"],
    changes: [`${PUT} (403)`],
  },
  "a gateway's 403 without a body that is declared as gzip": {
    faults: [{ match: ({ method, path }) => method === "GET" && path.endsWith("/managedClusters/demo"), fault: { kind: "respond", status: 403, headers: { "content-encoding": "gzip" }, body: "" } }],
    error: ["reading the cluster demo", "HTTP403"],
  },
  "an endpoint that answers HTML": { faults: [{ match: ({ service }) => service === "arm", fault: { kind: "html" } }], error: ["NotAzure", "azure-environment"] },
  "an endpoint that redirects": {
    faults: [{ match: ({ service }) => service === "arm", fault: { kind: "redirect", location: "https://elsewhere.example/login?token=x" } }],
    error: ["redirects to https://elsewhere.example/login", "azure-environment"],
  },
  "an endpoint with unexpected JSON": {
    faults: [{ match: ({ service, path }) => service === "arm" && path.includes("/metadata/"), fault: { kind: "respond", status: 200, body: { hello: "world" } } }],
    error: ["names no cloud", "azure-environment"],
  },
  "a cluster with unexpected JSON": {
    faults: [{ match: ({ path, method }) => method === "GET" && path.endsWith("/managedClusters/demo"), fault: { kind: "respond", status: 200, body: ["hello"] } }],
    error: ["not a managed cluster"],
  },
  "a TLS certificate of an unknown authority": { isBundled: true, env: { NODE_EXTRA_CA_CERTS: "" }, error: [/SELF_SIGNED|UNABLE_TO/, "NODE_EXTRA_CA_CERTS"] },
  "a name that does not resolve": {
    inputs: { "azure-environment": "https://management.does-not-exist.invalid" },
    error: [/ENOTFOUND|EAI_AGAIN/, "azure-environment"],
  },
};

describe("bad input", () => {
  it.each(Object.entries(CASES))("%s", async (_, { scenario = "fresh", inputs = {}, env = {}, error: parts, changes = [], isBundled = false, ...world }) => {
    const vehicle = isBundled ? bundled : { act, startWorld };
    await using simulator = await vehicle.startWorld(scenario, world);
    const run = await vehicle.act(simulator, { ...SLOW_POLLS, ...inputs }, { env });
    expect(run.exitCode, run.log).toBe(1);
    expect(run.outputs).toMatchObject({ status: "failed", changed: "false" });
    const errors = annotated(run, "error");
    expect(errors, "one clear error").toHaveLength(1);
    for (const words of parts) {
      const found = words === "correlation" ? run.summary : errors[0];
      if (typeof words === "string") expect(found?.toLowerCase()).toContain(words.toLowerCase());
      else expect(found).toMatch(words);
    }
    expect([...new Set(run.changes)], "no other changes").toEqual(changes);
    expect(run.summary).toMatch(/^## ❌ /);
    expect(run.report.error?.remedy).not.toBe("");
  });

  it("keeps the mode and the cluster's ID in the report, by which a fleet recognises the cluster", async () => {
    await using simulator = await startWorld("compliant");
    const { report } = await act(simulator, { mode: "check" });
    const invalid = await act(simulator, { mode: "check", probe: "maybe" });
    expect(invalid.report).toMatchObject({ mode: "check", status: "failed", error: { code: "InvalidInput" } });
    expect(invalid.report.cluster.id.toLowerCase()).toBe(report.cluster.id.toLowerCase());
    expect(invalid.report.cluster.name).toBe(report.cluster.name);
  });

  it("does not fail for another unknown input that is near to a known one, and hints at it", async () => {
    await using simulator = await startWorld("compliant");
    const run = await act(simulator, { mode: "check", namespace: "shop" });
    expect(run.outputs["status"], run.log).toBe("compliant");
    expect(annotated(run, "warning")).toContain("Unknown input: namespace: is not an input of this action. Did you mean namespaces?");
  });

  it("reports one clear error for a server that does not speak TLS", async () => {
    const plain = createServer((socket) => socket.end("220 not https\r\n"));
    await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
    const address = plain.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    await using simulator = await startWorld("fresh");
    const run = await act(simulator, { "azure-environment": `https://127.0.0.1:${port}` });
    plain.close();
    expect(run.exitCode, run.log).toBe(1);
    expect(annotated(run, "error")).toHaveLength(1);
    expect(run.changes).toEqual([]);
  });
});
