import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readInputs, targetOf } from "../../../src/actions/istio-cni/inputs.ts";
import { InputError } from "../../../src/lib/errors.ts";
import type { Config } from "../../../src/phases/config.ts";

const SUBSCRIPTION = "11111111-2222-3333-4444-555555555555";
const ID = `/subscriptions/${SUBSCRIPTION}/resourceGroups/team-a/providers/Microsoft.ContainerService/managedClusters/prod`;
const NEEDED = { cluster: "prod", "resource-group": "team-a", "subscription-id": SUBSCRIPTION };

function read(inputs: Readonly<Record<string, string>>, environment: Readonly<Record<string, string>> = {}): Config {
  return readInputs({ input: (name) => inputs[name] ?? "", names: () => Object.keys(inputs), environment: (name) => environment[name] ?? "" });
}

function problemsOf(inputs: Readonly<Record<string, string>>): readonly string[] {
  try {
    read(inputs);
  } catch (error) {
    if (error instanceof InputError) return error.problems;
    throw error;
  }
  return [];
}

describe("inputs", () => {
  it("has the contract's defaults", () => {
    expect(read(NEEDED, { RUNNER_TEMP: "/runner/temp" })).toEqual({
      cluster: "prod",
      resourceGroup: "team-a",
      subscriptionId: SUBSCRIPTION,
      allowedSubscriptions: [],
      tenantId: undefined,
      clientId: undefined,
      audience: "api://AzureADTokenExchange",
      azureEnvironment: "AzureCloud",
      mode: "apply",
      registerFeature: "auto",
      namespaces: [],
      labelNamespaces: false,
      revision: undefined,
      removeInjectionLabel: false,
      restartWorkloads: "never",
      force: false,
      kubeAccess: "auto",
      probe: true,
      failOnDrift: true,
      driftIssue: false,
      prComment: false,
      githubToken: "",
      jobId: "",
      timeoutMs: 1_800_000,
      pollIntervalMs: 10_000,
      reportPath: "/runner/temp/istio-cni-report.json",
    });
  });

  it.each([ID, ID.toLowerCase(), `${ID}/`])("takes resource group and subscription from the resource ID %s", (cluster) => {
    expect(read({ cluster })).toMatchObject({ cluster: "prod", resourceGroup: "team-a", subscriptionId: SUBSCRIPTION });
  });

  it("takes subscription, tenant and client from the environment if the inputs are empty", () => {
    const environment = { AZURE_SUBSCRIPTION_ID: SUBSCRIPTION, AZURE_TENANT_ID: "contoso.com", AZURE_CLIENT_ID: SUBSCRIPTION };
    expect(read({ cluster: "prod", "resource-group": "g" }, environment)).toMatchObject({ subscriptionId: SUBSCRIPTION, tenantId: "contoso.com", clientId: SUBSCRIPTION });
  });

  it("reads namespaces from lines and commas, without duplicates", () => {
    expect(read({ ...NEEDED, namespaces: "shop, team-*\npayments\n\n shop" }).namespaces).toEqual(["shop", "team-*", "payments"]);
  });

  it.each([
    ["azureusgovernment", "AzureUSGovernment"],
    ["https://management.local.azurestack.external/", new URL("https://management.local.azurestack.external/")],
  ])("knows the cloud %s", (value, expected) => {
    expect(read({ ...NEEDED, "azure-environment": value }).azureEnvironment).toEqual(expected);
  });

  it.each([
    ["0.05", 50],
    [".5", 500],
    ["20", 20_000],
  ])("takes %s seconds between polls", (value, ms) => {
    expect(read({ ...NEEDED, "poll-interval-seconds": value }).pollIntervalMs).toBe(ms);
  });

  it.each([
    ["no cluster", { cluster: "" }, "cluster: is required"],
    ["no resource group", { "resource-group": "" }, "resource-group: is required"],
    ["a resource ID of another type", { cluster: ID.replace("managedClusters", "openShiftClusters") }, "cluster:"],
    ["a resource ID of a child", { cluster: `${ID}/agentPools/a` }, "cluster:"],
    ["a traversal in the cluster's name", { cluster: ".." }, "cluster:"],
    ["a traversal in the resource ID", { cluster: ID.replace("team-a", ".."), "resource-group": "" }, "cluster:"],
    ["a traversal in the resource group", { "resource-group": "../../other" }, "resource-group:"],
    ["a query in the resource group", { "resource-group": "g?api-version=1" }, "resource-group:"],
    ["a resource group that contradicts the resource ID", { cluster: ID, "resource-group": "team-b" }, "resource-group:"],
    ["a subscription that is no GUID", { "subscription-id": "my subscription" }, "subscription-id:"],
    ["a client that is no GUID", { "client-id": "../x" }, "client-id:"],
    ["a tenant with a slash", { "tenant-id": "a/b" }, "tenant-id:"],
    ["an unknown mode", { mode: "fix" }, "mode:"],
    ["an empty mode, as inputs.mode is on a schedule", { mode: "" }, "mode: is empty"],
    ["a mode of spaces", { mode: " " }, "mode: is empty"],
    ["an empty list of allowed subscriptions, as an unset variable is", { "allowed-subscriptions": "" }, "allowed-subscriptions: is empty"],
    ["a list of allowed subscriptions with only commas", { "allowed-subscriptions": " , " }, "allowed-subscriptions: is empty"],
    ["any subscription among others", { "allowed-subscriptions": `*, ${SUBSCRIPTION}` }, "allowed-subscriptions:"],
    ["a misspelled mode, without which the run would apply", { modes: "check" }, "modes: is not an input of this action. Did you mean mode?"],
    ["misspelled allowed subscriptions", { "allowed-subscription": SUBSCRIPTION }, "Did you mean allowed-subscriptions?"],
    ["an unknown kube-access", { "kube-access": "ssh" }, "kube-access:"],
    ["a truthy text for a flag", { "fail-on-drift": "yes" }, "fail-on-drift:"],
    ["text instead of a number", { "timeout-minutes": "soon" }, "timeout-minutes:"],
    ["a timeout of 0", { "timeout-minutes": "0" }, "timeout-minutes:"],
    ["a negative timeout", { "timeout-minutes": "-1" }, "timeout-minutes:"],
    ["an endless timeout", { "timeout-minutes": "1e9" }, "timeout-minutes:"],
    ["an interval of Infinity", { "poll-interval-seconds": "Infinity" }, "poll-interval-seconds:"],
    ["an endpoint without TLS", { "azure-environment": "http://management.azure.com" }, "azure-environment:"],
    ["an endpoint with a password", { "azure-environment": "https://u:p@management.azure.com" }, "azure-environment:"],
    ["an unknown cloud", { "azure-environment": "AzureGermanCloud" }, "azure-environment:"],
    ["a shell command as a namespace", { namespaces: "shop;reboot" }, "namespaces:"],
    ["a revision that is no label value", { namespaces: "shop", "label-namespaces": "true", revision: "asm 1" }, "revision:"],
    ["a revision without label-namespaces", { revision: "asm-1-28" }, "revision:"],
    ["removing a label without label-namespaces", { "remove-istio-injection-label": "true" }, "remove-istio-injection-label:"],
    ["label-namespaces without namespaces", { "label-namespaces": "true" }, "label-namespaces:"],
  ])("refuses %s with one problem that names the input", (_, inputs, start) => {
    const problems = problemsOf({ ...NEEDED, ...inputs });
    expect(problems, problems.join("\n")).toHaveLength(1);
    expect(problems[0]).toContain(start);
  });

  it("has no restriction of subscriptions with *, the default", () => {
    expect(read({ ...NEEDED, "allowed-subscriptions": "*" }).allowedSubscriptions).toEqual([]);
  });

  it("hints at other inputs that are near to a known one, and reads the rest", () => {
    const hints: string[] = [];
    const inputs: Readonly<Record<string, string>> = { ...NEEDED, namespace: "shop", "pr-comment": "true" };
    readInputs({ input: (name) => inputs[name] ?? "", names: () => Object.keys(inputs), environment: () => "" }, (text) => hints.push(text));
    expect(hints).toEqual(["namespace: is not an input of this action. Did you mean namespaces?"]);
  });

  it("hints beside the problem that a misspelling causes", () => {
    expect(problemsOf({ "cluster-name": "prod" })).toEqual([expect.stringContaining("cluster: is required"), "cluster-name: is not an input of this action. Did you mean cluster?"]);
  });

  it("keeps the mode and the cluster's ID where other inputs are invalid", () => {
    const target = (inputs: Readonly<Record<string, string>>) => targetOf({ input: (name) => inputs[name] ?? "", names: () => Object.keys(inputs), environment: () => "" });
    expect(target({ cluster: ID, mode: "check", probe: "maybe" })).toEqual({ mode: "check", cluster: "prod", clusterId: ID });
    expect(target({ ...NEEDED, mode: "fix" })).toEqual({ mode: "plan", cluster: "prod", clusterId: ID });
    expect(target({ cluster: "../x", mode: "disable" })).toEqual({ mode: "disable", cluster: "", clusterId: "" });
  });

  it("reports all problems at once", () => {
    const problems = problemsOf({ mode: "fix", "timeout-minutes": "0", probe: "maybe" });
    expect(problems.map((problem) => problem.split(":")[0])).toEqual(["cluster", "mode", "probe", "timeout-minutes"]);
  });

  it("returns a usable configuration or names the invalid inputs, for any text", () => {
    const anything = fc.record({
      cluster: fc.string(),
      "resource-group": fc.string(),
      "subscription-id": fc.string(),
      namespaces: fc.string(),
      "azure-environment": fc.string(),
      "timeout-minutes": fc.string(),
    });
    fc.assert(
      fc.property(anything, (inputs) => {
        const problems = problemsOf(inputs);
        for (const problem of problems) expect(problem).toMatch(/^[a-z-]+: /);
        if (problems.length > 0) return;
        const config = read(inputs);
        expect(config.cluster).toMatch(/^[\w-]{1,63}$/);
        expect(config.resourceGroup).not.toMatch(/[/?#%\\]|^\.+$/);
      }),
    );
  });
});
