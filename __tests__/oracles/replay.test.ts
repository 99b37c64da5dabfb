/**
 * The recorded switch of a real cluster to CNI chaining and back, replayed to the bundle: Resource Manager's answers about
 * the cluster and its operations are the recording's; sign-in, the flag and the inside of the cluster are simulated.
 */
import { describe, expect, it } from "vitest";
import type { Simulator, World } from "../../simulator/index.ts";
import type { Json } from "../../simulator/lib/json.ts";
import { act, startWorld } from "../e2e/in-process.ts";
import { type Exchange, exchanges, ORACLES_ABSENT, WHY_SKIPPED } from "./folder.ts";
import { leaves } from "./leaves.ts";

const REVISION = "asm-1-26";
const MECHANISM = "/properties/serviceMeshProfile/istio/components/proxyRedirectionMechanism";
/** What both schemas declare read-only and the recorded cluster has. */
const READ_ONLY =
  /^\/(?:id|name|type|eTag|identity\/(?:principalId|tenantId)|properties\/(?:provisioningState|powerState|maxAgentPools|currentKubernetesVersion|fqdn|azurePortalFQDN|resourceUID|agentPoolProfiles\/\d+\/(?:eTag|currentOrchestratorVersion|provisioningState)|networkProfile\/loadBalancerProfile\/effectiveOutboundIPs))(?:\/|$)/;

/** One direction of the recording: what the cluster was, the PUT, the operation's course, what the cluster is then. */
function recordedSwitch(command: string) {
  const all = exchanges("azure/istio-cni-full-sequence.json").filter((exchange) => exchange.command === command);
  const isCluster = ({ request }: Exchange): boolean => request.uri.includes("/managedClusters/");
  const put = all.findIndex((exchange) => exchange.request.method === "PUT");
  const before = all.slice(0, put).find(isCluster);
  const after = all.slice(put + 1).find(isCluster);
  const sent = all[put];
  if (before === undefined || after === undefined || sent === undefined) throw new Error(`the recording of "${command}" is not as expected`);
  return { before, sent, operations: all.slice(put + 1).filter(({ request }) => request.uri.includes("/operations/")), after };
}

type Recorded = ReturnType<typeof recordedSwitch>;

function replay(simulator: Simulator, { before, sent, operations, after }: Recorded): void {
  let written = false;
  const { arm } = simulator.endpoints;
  const isCluster = (path: string): boolean => /\/managedClusters\/[^/]+$/i.test(path);
  const answer = ({ response }: Exchange) => ({
    kind: "respond" as const,
    status: response.status,
    headers: JSON.parse(JSON.stringify(response.headers).replaceAll("https://management.azure.com", arm)) as Record<string, string>,
    body: response.body as Json,
  });
  simulator.faults.add({ match: ({ method, path }) => method === "GET" && isCluster(path) && !written, fault: answer(before) });
  simulator.faults.add({ match: ({ method, path }) => method === "PUT" && isCluster(path) && (written = true), fault: answer(sent) });
  operations.forEach((operation, index) => {
    const isLast = index === operations.length - 1;
    simulator.faults.add({ match: ({ path }) => path.includes("/operations/"), fault: answer(operation), ...(isLast ? {} : { times: 1 }) });
  });
  simulator.faults.add({ match: ({ method, path }) => method === "GET" && isCluster(path) && written, fault: answer(after) });
}

/** The recording's names, and its revision, in the simulated world around it. */
function asRecorded(world: World): void {
  world.subscriptionId = "00000000-0000-0000-0000-000000000000";
  world.resourceGroup = "clitest000001";
  world.cluster.name = "cliakstest000001";
  world.cluster.safeguards = false;
  // The recorded cluster has no Microsoft Entra integration.
  world.cluster.kubeconfig = "client-certificate";
  const { properties } = world.cluster.body as { properties: { serviceMeshProfile: { istio: { revisions: string[] } } } };
  properties.serviceMeshProfile.istio.revisions = [REVISION];
  for (const namespace of world.kubernetes.namespaces) {
    for (const entry of namespace.labels) if ("istio.io/rev" in entry.labels) entry.labels["istio.io/rev"] = REVISION;
  }
}

describe.skipIf(ORACLES_ABSENT)(`the recorded switch${WHY_SKIPPED}`, () => {
  it.each([
    { mode: "apply", command: "aks mesh enable-istio-cni", mechanism: "CNIChaining" },
    { mode: "disable", command: "aks mesh disable-istio-cni", mechanism: "InitContainers" },
  ] as const)("$mode: one PUT, then nothing more to do", async ({ mode, command, mechanism }) => {
    const recorded = recordedSwitch(command);
    await using simulator = await startWorld("compliant", {
      tweak: (world) => {
        asRecorded(world);
        // The cluster's inside is what it will be: the recording tells only Azure's side.
        for (const entry of world.cluster.mechanisms) entry.mechanism = mechanism;
      },
    });
    replay(simulator, recorded);

    const first = await act(simulator, { mode });
    expect(first.outputs, first.log).toMatchObject({ status: "changed", "redirection-mechanism": mechanism, revisions: REVISION });
    expect(first.report.mesh.redirectionMechanism).toEqual({ before: mechanism === "CNIChaining" ? "InitContainers" : "CNIChaining", after: mechanism });
    const puts = simulator.requestLog.of("arm", "PUT");
    expect(puts).toHaveLength(1);
    for (const { response } of recorded.operations.slice(0, -1)) expect(first.log).toContain((response.body as { status: string }).status);

    const read = leaves(recorded.before.response.body);
    const written = leaves(puts[0]?.body);
    for (const [path, value] of leaves(recorded.sent.request.body)) expect(written.get(path), `the command-line tool sent ${path}`).toBe(value);
    const differing = [...read].filter(([path, value]) => written.get(path) !== value && !READ_ONLY.test(path));
    expect(differing.map(([path]) => path), "exactly one value differs").toEqual([MECHANISM]);
    expect([...written.keys()].filter((path) => !read.has(path)), "nothing is added").toEqual([]);
    expect([...written.keys()].filter((path) => READ_ONLY.test(path)), "nothing read-only is written").toEqual([]);
    expect(puts[0]?.headers["if-match"]).toBe(JSON.stringify((recorded.before.response.body as { eTag: string }).eTag));

    const second = await act(simulator, { mode });
    expect(second.outputs["status"], second.log).toBe("compliant");
    expect(second.changes).toEqual([]);
  });
});
