/**
 * Inputs and environment variables. They are refused with problems, or they yield a configuration that does no more than they say: the
 * subscription is an allowed one, the mode is the one that was set.
 */
import assert from "node:assert/strict";
import { readInputs, reportPathOf, targetOf } from "../../../src/actions/istio-cni/inputs.ts";
import { clusterParts, resourceId } from "../../../src/azure/resource-id.ts";
import { MODES } from "../../../src/contract.ts";
import { InputError } from "../../../src/lib/errors.ts";
import type { InputSource } from "../../../src/lib/input-reader.ts";
import type { Config } from "../../../src/phases/config.ts";
import type { Target } from "../target.ts";

const SUBSCRIPTION = "11111111-2222-3333-4444-555555555555";
/** Ends an input; between a name and a value stands `=`. The name of an environment variable begins with `$`. */
const END = "\x1e";

/** The inputs as the runner hands them on: names in lower case. */
function sourceOf(text: string): InputSource {
  const values = new Map<string, string>();
  for (const item of text.split(END)) {
    const [name = ""] = item.split("=", 1);
    if (name !== item && name !== "") values.set(name.startsWith("$") ? name : name.toLowerCase(), item.slice(name.length + 1));
  }
  return {
    input: (name) => values.get(name) ?? "",
    names: () => [...values.keys()].filter((name) => !name.startsWith("$")),
    environment: (name) => values.get(`$${name}`) ?? "",
  };
}

function fuzz(data: Buffer): string {
  const source = sourceOf(data.toString("utf8"));
  const { mode, cluster, clusterId } = targetOf(source);
  assert(MODES.includes(mode), "a mode is a known one");
  assert(clusterId === "" || clusterParts(clusterId)?.name === cluster, "the report names a cluster that exists in Azure's terms");
  assert.notEqual(reportPathOf(source), "", "a report has a path");
  let config: Config;
  try {
    config = readInputs(source);
  } catch (error) {
    assert(error instanceof InputError, String(error));
    assert(error.problems.length > 0 && error.problems.every((problem) => /.: ./s.test(problem)), "a problem names its input");
    return error.problems.length > 1 ? "several problems" : (/^[a-z-]+: (?:is )?\w+/.exec(error.message)?.[0] ?? "a problem");
  }
  expectAsSet(source, config);
  return `${config.mode} ${config.kubeAccess} ${config.restartWorkloads}`;
}

function expectAsSet(source: InputSource, config: Config): void {
  const isSet = (name: string): boolean => source.names().includes(name);
  const { subscriptionId, allowedSubscriptions, resourceGroup, cluster, azureEnvironment, timeoutMs, pollIntervalMs } = config;
  const set = source.input("allowed-subscriptions");
  const isAny = new Set(set.split(/[\s,]+/).filter((item) => item !== "")).size === 1 && set.includes("*");
  if (isSet("allowed-subscriptions") && !isAny) assert(allowedSubscriptions.length > 0, "a list of allowed subscriptions restricts the run");
  for (const id of allowedSubscriptions) assert(set.toLowerCase().includes(id), "nothing is allowed that the input does not name");
  if (subscriptionId !== undefined) assert(allowedSubscriptions.length === 0 || allowedSubscriptions.includes(subscriptionId.toLowerCase()), "the subscription is an allowed one");
  assert.notEqual(clusterParts(resourceId({ subscriptionId: subscriptionId ?? SUBSCRIPTION, resourceGroup, name: cluster })), undefined, "the cluster has a valid ID");
  assert.equal(config.mode, isSet("mode") ? source.input("mode").trim() : "apply", "the mode is the one that was set");
  for (const [name, value] of [["force", config.force], ["label-namespaces", config.labelNamespaces], ["remove-istio-injection-label", config.removeInjectionLabel]] as const) {
    assert(!value || source.input(name).trim().toLowerCase() === "true", `${name} is on only if it was set`);
  }
  if (config.restartWorkloads !== "never") assert.equal(config.restartWorkloads, source.input("restart-workloads").trim(), "workloads are restarted only if that was set");
  if (config.labelNamespaces) assert(config.namespaces.length > 0, "labels are set only on namespaces that were named");
  if (typeof azureEnvironment !== "string") assert(azureEnvironment.protocol === "https:" && azureEnvironment.username === "", "an endpoint is https");
  for (const ms of [timeoutMs, pollIntervalMs]) assert(Number.isFinite(ms) && ms > 0, "a time is above 0");
}

const ID = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-prod/providers/Microsoft.ContainerService/managedClusters/aks-prod`;
const SETS: readonly Readonly<Record<string, string>>[] = [
  { cluster: ID, mode: "apply", "allowed-subscriptions": SUBSCRIPTION, "tenant-id": "contoso.onmicrosoft.com", "client-id": SUBSCRIPTION, "restart-workloads": "refused" },
  { cluster: "aks-prod", "resource-group": "rg-prod", "subscription-id": SUBSCRIPTION, mode: "check", namespaces: "shop,pay*", "drift-issue": "true", "fail-on-drift": "false" },
  { cluster: "aks-prod", "resource-group": "rg-prod", $AZURE_SUBSCRIPTION_ID: SUBSCRIPTION, "allowed-subscriptions": "*", "azure-environment": "https://management.local.azurestack.external/", "timeout-minutes": "0.5", "poll-interval-seconds": ".5" },
  { cluster: ID, "label-namespaces": "true", namespaces: "shop", revision: "asm-1-28", "remove-istio-injection-label": "true", "report-path": "x.json", $RUNNER_TEMP: "/tmp" },
  { cluster: ID, mode: "disable", force: "true", "kube-access": "none", probe: "false", modus: "x", "allowed-subscription": "x", $NODE_TLS_REJECT_UNAUTHORIZED: "0" },
];

export const target: Target = {
  covers: ["src/actions/istio-cni/inputs.ts", "src/lib/input-reader.ts", "src/azure/sign-in-inputs.ts", "src/lib/near-miss.ts"],
  seeds: () => SETS.map((set) => Buffer.from(Object.entries(set).map(([name, value]) => `${name}=${value}`).join(END))),
  tokens: [END, "=", `${END}mode=`, `${END}allowed-subscriptions=`, `${END}force=`, `${END}cluster=`, `${END}subscription-id=`, "plan", "check", "apply", "disable", "*", ",", "\n", "true", "false", "TRUE", " ", "1e3", "0", "-1", "Infinity", "NaN", "AzureCloud", "azurechinacloud", "http://", SUBSCRIPTION, "ſ", "\u00a0", "\ufeff", "__proto__=", "constructor="],
  fuzz,
};
