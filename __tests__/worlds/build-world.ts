/** Builds the simulator's world of a description. */
import { istioInit, istioProxy } from "../../simulator/kubernetes/mesh/istio-containers.ts";
import { objectsAt, setAt, stableUuid, valueAt } from "../../simulator/lib/json.ts";
import { baseWorld, DAY, MINUTE, namespace } from "../../simulator/scenarios/base.ts";
import { addNeighboursChange, clusterChange, OPERATOR, terraformPipeline } from "../../simulator/world/changes.ts";
import { disableRunCommand, leaveMechanismUnnamed, makePrivate } from "../../simulator/world/cluster-settings.ts";
import type { Mechanism } from "../../simulator/world/cluster.ts";
import type { NodeState } from "../../simulator/world/kubernetes.ts";
import { MECHANISM_PATH, newOperation } from "../../simulator/world/operations.ts";
import type { PodTemplate, Workload } from "../../simulator/world/workload.ts";
import { workload } from "../../simulator/world/workload.ts";
import type { World } from "../../simulator/world/world.ts";
import { applyRights } from "./build-rights.ts";
import type { AzureDescription, NamespaceDescription, NodesDescription, WorkloadDescription, WorldDescription } from "./description.ts";

const LONG_AGO = 60 * DAY;
const SECOND = 1000;
/** The revision tag of the worlds, and a value of istio.io/rev that nothing serves. */
const TAG = "prod-stable";
const NOBODYS = "prod-canary";

/** The world of a description at this time, ms since the epoch. */
export function buildWorld(description: WorldDescription, now: number): World {
  const { azure, nodes, actor } = description;
  const oldest = azure.revisions[0];
  const world = baseWorld({
    now,
    automatic: azure.sku === "Automatic",
    revisions: azure.revisions,
    mechanisms: mechanismsOf(azure, now),
    namespaces: description.namespaces.map((each) => namespaceOf(each, azure, now)),
    workloads: description.workloads.map((each) => workloadOf(each, description, now)),
  });
  const { cluster, kubernetes } = world;
  Object.assign(world.timing, { featureRegistration: 4 * MINUTE, featurePropagation: 30 * SECOND, clusterUpdate: 108 * SECOND, daemonSetRollout: 40 * SECOND });
  cluster.safeguards = azure.safeguards !== "none";
  kubernetes.admission.policyAction = azure.safeguards === "warn" ? "Warn" : "Deny";
  kubernetes.tags = oldest === undefined ? {} : { [TAG]: oldest };
  buildNodes(world, nodes, now);
  buildAdmission(world, description, now);
  buildAzure(world, azure, now);
  buildCloud(world, azure);
  applyRights(world, actor);
  if (actor.network === "private" || actor.network === "private without run commands") makePrivate(world, { publicFqdn: false });
  if (actor.network === "private with a public name") makePrivate(world, { publicFqdn: true });
  if (actor.network === "private without run commands") disableRunCommand(world);
  if (actor.network === "refuses connections") cluster.unreachable = "refused";
  if (actor.network === "never answers") cluster.unreachable = "blackhole";
  if (actor.network === "name does not resolve") cluster.unreachable = "dns";
  return world;
}

/** The mechanism over time. The body reports the last one, unless `buildAzure` changes that. */
function mechanismsOf({ history }: AzureDescription, now: number): { from: number; mechanism: Mechanism }[] {
  const first = { from: now - LONG_AGO, mechanism: "InitContainers" as const };
  switch (history) {
    case "CNI chaining for weeks":
      return [first, { from: now - 40 * DAY, mechanism: "CNIChaining" }];
    case "CNI chaining for an hour":
      return [first, { from: now - 60 * MINUTE, mechanism: "CNIChaining" }];
    case "reset to init containers by Terraform two hours ago":
      return [first, { from: now - 40 * DAY, mechanism: "CNIChaining" }, { from: now - 120 * MINUTE, mechanism: "InitContainers" }];
    case "init containers from the start":
    case "CNI chaining was requested, and the operation failed":
    case "CNI chaining is being switched on by another client":
      return [first];
  }
}

function buildAzure(world: World, azure: AzureDescription, now: number): void {
  const { cluster } = world;
  const { body } = cluster;
  if (azure.revisions.length === 0) setAt(body, ["properties", "serviceMeshProfile"], { mode: "Disabled" });
  else if (azure.history === "CNI chaining was requested, and the operation failed") setAt(body, MECHANISM_PATH, "CNIChaining");
  else if (azure.history === "CNI chaining is being switched on by another client") {
    setAt(body, MECHANISM_PATH, "CNIChaining");
    cluster.operations.push(newOperation(now - 48 * SECOND, 108 * SECOND, { mechanismAfter: "CNIChaining", change: clusterChange(world, OPERATOR) }));
  } else if (azure.history === "reset to init containers by Terraform two hours ago") {
    addNeighboursChange(world, now - 120 * MINUTE - world.timing.clusterUpdate, clusterChange(world, terraformPipeline(world)));
  }
  if (!azure.isNamed && azure.revisions.length > 0) leaveMechanismUnnamed(world);
  setAt(body, ["properties", "provisioningState"], azure.lastOperation);
  if (azure.hasUnfinishedUpgrade) setAt(body, ["properties", "kubernetesVersion"], "1.34");
  if (azure.isStopped) {
    setAt(body, ["properties", "powerState"], { code: "Stopped" });
    cluster.reachable = false;
  }
  const durations = { nothing: undefined, "a node pool's operation for 90 s": 90 * SECOND, "an operation on the cluster for 4 min": 4 * MINUTE, "an operation that does not end": DAY } as const;
  const duration = durations[azure.running];
  const pool = azure.running === "a node pool's operation for 90 s" ? "userpool" : undefined;
  if (duration !== undefined) cluster.operations.push(newOperation(now - 10 * SECOND, duration, { pool, status: azure.lastOperation, change: clusterChange(world, OPERATOR) }));
  const status = azure.putEnds === "Succeeded without effect" ? "Succeeded" : azure.putEnds;
  const error = status === "Succeeded" ? undefined : { code: "ControlPlaneAddOnsNotReady", message: "Addons of the cluster did not become ready in time." };
  cluster.updateOutcome = { status, error, mechanism: azure.putEnds === "Succeeded without effect" ? "InitContainers" : undefined };
  buildFlag(world, azure, now);
}

function buildFlag(world: World, { flag }: AzureDescription, now: number): void {
  const pending = flag === "pending" || flag === "pending, and not needed";
  const askedAt = { registered: now - 45 * DAY, pending: now - 2 * DAY, "pending, and not needed": now - 2 * DAY, registering: now - MINUTE }[flag as string];
  Object.assign(world.feature, {
    variant: flag === "graduated" ? "graduated" : pending ? "pending" : "self-service",
    required: !flag.endsWith("not needed") && flag !== "graduated",
    registrationAskedAt: askedAt,
    providerRefreshedAt: flag === "registered" ? now - 44 * DAY : undefined,
  });
}

function buildCloud({ resourceManager }: World, { cloud }: AzureDescription): void {
  if (cloud === "quoted eTags only") resourceManager.ifMatch = "quoted";
  if (cloud === "bare eTags only") resourceManager.ifMatch = "bare";
  if (cloud === "etag in lower case") resourceManager.eTagName = "etag";
  if (cloud === "api-versions until 2026-01-01 only") Object.assign(resourceManager.apiVersions, { known: ["2025-10-01", "2026-01-01"], newerProperties: "hides" });
  if (cloud === "refuses revisions out of support") resourceManager.refusesUnsupportedRevisions = true;
}

/** The name of a Linux node. The one with trouble comes last. */
function nodeName(index: number): string {
  return `aks-userpool-27182818-vmss00000${index}`;
}

function buildNodes({ kubernetes, cluster }: World, { linux, windows, trouble }: NodesDescription, now: number): void {
  const all = Array.from({ length: linux }, (_, index): NodeState => ({ name: nodeName(index), os: "linux", pool: "userpool" }));
  const extra: NodeState = { name: nodeName(linux), os: "linux", pool: "userpool" };
  if (trouble === "broken CNI plugin on one node") {
    all.push({ ...extra, cordoned: true });
    kubernetes.brokenCniNodes = [extra.name];
  }
  if (trouble === "one node is not ready") all.push({ ...extra, notReadySince: now - 20 * MINUTE });
  if (trouble === "one node has just joined") all.push({ ...extra, joinedAt: now - 20 * SECOND });
  if (trouble === "a pool runs Ubuntu 20.04") Object.assign(objectsAt(cluster.body, "properties", "agentPoolProfiles").at(-1) ?? {}, { osSKU: "Ubuntu", nodeImageVersion: "AKSUbuntu-2004gen2containerd-202503.13.0" });
  if (trouble === "one node is cordoned") all.push({ ...extra, cordoned: true });
  if (windows > 0) {
    all.push({ name: "akswin000000", os: "windows", pool: "win" });
    const pools = valueAt(cluster.body, "properties", "agentPoolProfiles");
    const [first] = objectsAt(cluster.body, "properties", "agentPoolProfiles");
    if (Array.isArray(pools) && first !== undefined) pools.push({ ...structuredClone(first), name: "win", mode: "User", count: windows, osType: "Windows", osSKU: "Windows2022", nodeImageVersion: "AKSWindows-2022-containerd-20348.4294.251112", eTag: stableUuid("win-etag") });
  }
  kubernetes.nodes = all;
}

function buildAdmission({ kubernetes }: World, { admission, namespaces }: WorldDescription, now: number): void {
  const settings = kubernetes.admission;
  const constraint = { name: "azurepolicy-k8sazurev3allowedcapabilities-8b1a5e6dd1d3c4f9a7e2", about: "capabilities" as const, allowed: [], namespaces: undefined };
  if (admission.gatekeeper === "refuses capabilities") settings.gatekeeper = [{ ...constraint, enforcement: "deny" }];
  if (admission.gatekeeper === "warns of capabilities") settings.gatekeeper = [{ ...constraint, enforcement: "warn" }];
  if (admission.gatekeeper === "refuses images") {
    settings.gatekeeper = [{ name: "azurepolicy-k8sazurev2containerallowedimages-2f6c0d9b7e41a8c35d10", about: "images", allowed: ["registry.example/", "mcr.microsoft.com/oss/v2/istio/"], namespaces: namespaces.slice(0, 1).map(({ name }) => name), enforcement: "deny" }];
  }
  if (admission.quotaIn !== undefined) settings.quotas = [{ namespace: admission.quotaIn, name: "pods", resource: "pods", requested: "1", used: "10", limited: "10", from: now - 10 * MINUTE }];
  if (admission.sideEffectsIn !== undefined) settings.sideEffects = [{ name: "audit.policies.example", namespaces: [admission.sideEffectsIn] }];
  settings.injectorDown = admission.injectorIsDown;
}

function namespaceOf({ name, injection, podSecurity }: NamespaceDescription, { revisions }: AzureDescription, now: number): ReturnType<typeof namespace> {
  const rev = (value: string | undefined): Record<string, string> => (value === undefined ? {} : { "istio.io/rev": value });
  const labels = {
    "newest revision": rev(revisions.at(-1) ?? "asm-1-30"),
    "oldest revision": rev(revisions[0] ?? "asm-1-30"),
    "revision tag": rev(TAG),
    "revision of nobody": rev(NOBODYS),
    none: {},
    "istio-injection=enabled": { "istio-injection": "enabled" },
    "both labels": { ...rev(revisions.at(-1)), "istio-injection": "enabled" },
    "istio-injection=disabled and a revision": { ...rev(revisions.at(-1)), "istio-injection": "disabled" },
  }[injection];
  return namespace(name, now - 30 * DAY, { ...labels, ...(podSecurity === "none" ? {} : { "pod-security.kubernetes.io/enforce": podSecurity }) });
}

const AGES = { weeks: 20 * DAY, "a day": DAY, "half an hour": 30 * MINUTE, "a minute": MINUTE, "created when the cluster is first read": 0 } as const;

function workloadOf({ name, namespace: inNamespace, kind, replicas, age, template, behaviour }: WorkloadDescription, { azure: { revisions }, nodes }: WorldDescription, now: number): Workload {
  const own = workload({ namespace: inNamespace, name, kind, replicas, createdAt: now - AGES[age], createdWhenRead: AGES[age] === 0, template: templateOf(name, template, revisions) });
  if (behaviour === "never ready") own.neverReadyFrom = 0;
  if (behaviour === "never ready after a restart") own.neverReadyFrom = 1;
  if (behaviour === "started before the CNI agent") own.repairedAfter = 25 * SECOND;
  if (behaviour === "on the broken node") own.onNode = nodeName(nodes.linux);
  if (behaviour === "paused") own.paused = true;
  if (behaviour === "OnDelete") own.updateStrategy = "OnDelete";
  if (behaviour === "partition") own.partition = 1;
  if (behaviour === "completes") own.completesAfter = MINUTE;
  return own;
}

function templateOf(name: string, template: WorkloadDescription["template"], revisions: readonly string[]): Partial<PodTemplate> {
  const revision = revisions.at(-1) ?? "asm-1-30";
  const annotated = (annotation: string, value: string): Partial<PodTemplate> => ({ annotations: { [`sidecar.istio.io/${annotation}`]: value } });
  switch (template) {
    case "plain":
      return {};
    case "opted out by label":
      return { labels: { app: name, "sidecar.istio.io/inject": "false" } };
    case "opted out by annotation":
      return annotated("inject", "false");
    case "on the host network":
      return { hostNetwork: true };
    case "TPROXY":
      return annotated("interceptionMode", "TPROXY");
    case "without interception":
      return annotated("interceptionMode", "NONE");
    case "classic sidecar":
      return annotated("nativeSidecar", "false");
    case "native sidecar":
      return annotated("nativeSidecar", "true");
    case "classic sidecar and an init container of its own":
      return { ...annotated("nativeSidecar", "false"), initContainers: [{ name: "migrate", image: "registry.example/contoso/migrate:1.0.0", securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] }, runAsNonRoot: true, runAsUser: 10_001, seccompProfile: { type: "RuntimeDefault" } } }] };
    case "injected by hand": {
      const status = { initContainers: ["istio-init"], containers: ["istio-proxy"], volumes: [], imagePullSecrets: null, revision };
      return { ...annotated("status", JSON.stringify(status)), initContainers: [istioInit(revision)], extraContainers: [istioProxy(revision, name, 8080)] };
    }
    case "istio.io/rev on the pod":
      return { labels: { app: name, "istio.io/rev": revision } };
  }
}
