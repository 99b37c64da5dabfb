/** A fleet of simulated clusters behind one Resource Manager, one Entra and one GitHub. */
import { join } from "node:path";
import { createFleetManager } from "./azure/fleet-manager.ts";
import type { ClusterAccess } from "./azure/kubeconfig.ts";
import { ARM_AUDIENCE } from "./azure/metadata.ts";
import { createResourceManager } from "./azure/resource-manager.ts";
import { createRunCommands, type RunCommands } from "./azure/run-command.ts";
import { type Limits, REAL_LIMITS } from "./azure/throttle.ts";
import { createAuthority, issueClientCertificate, issueServerCertificate, type KeyPair } from "./certificates.ts";
import { type SimulatedClock, startClock } from "./clock.ts";
import { AKS_APPLICATION, createEntra } from "./entra.ts";
import { createFaultPlan, type Fault } from "./faults.ts";
import { type FleetCluster, type FleetKind, fleetWorlds, mixedKinds, subscriptionId } from "./fleet-worlds.ts";
import { createGitHub } from "./github.ts";
import type { Handler } from "./http.ts";
import { environmentFor } from "./index.ts";
import { createJournal, type Journal } from "./journal.ts";
import { createApiServer, LOCAL_ACCOUNT } from "./kubernetes/api-server.ts";
import { outsideView } from "./outside-view.ts";
import { type RunningServer, startServer } from "./server.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { createTokenRegistry } from "./tokens.ts";

export { type FleetCluster, type FleetKind } from "./fleet-worlds.ts";
export { type Limits, REAL_LIMITS } from "./azure/throttle.ts";

export interface FleetOptions {
  readonly clusters: number;
  /** 3 unless told; clusters are dealt out in turn. */
  readonly subscriptions?: number;
  readonly kindOf?: (index: number) => FleetKind;
  /** Subscriptions, from 0, that are seen and may not be listed. */
  readonly forbidden?: readonly number[];
  /** Simulated seconds per real second; 1 unless told. */
  readonly speed?: number;
  /** Clusters or subscriptions in a page of a list; 100 unless told. */
  readonly pageSize?: number;
  /** Azure's unless told. */
  readonly limits?: Partial<Limits>;
  readonly faults?: readonly Fault[];
  /** Whether the clusters' API servers listen; a list of clusters needs none. */
  readonly kubernetes?: boolean;
}

export interface Fleet extends AsyncDisposable {
  readonly clusters: readonly FleetCluster[];
  readonly subscriptions: readonly string[];
  readonly journal: Journal;
  readonly clock: SimulatedClock;
  /** Inputs that every action of this fleet needs. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly endpoints: { readonly arm: string; readonly entra: string; readonly github: string };
  close(): Promise<void>;
}

interface ClusterServer {
  readonly access: () => ClusterAccess;
  close(): Promise<void>;
}

/** Where a cluster that nobody is to look into has its API server. */
const NOWHERE = "https://localhost:9";

/** Starts a fleet. Close it, or bind it with `await using`. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const { subscriptions: count = 3, kindOf = mixedKinds, forbidden = [], pageSize = 100, limits = {} } = options;
  const clock = startClock(options.speed);
  const clusters = fleetWorlds({ clusters: options.clusters, subscriptions: count, now: clock.now(), kindOf });
  const subscriptions = Array.from({ length: count }, (_, index) => subscriptionId(index));
  const world = clusters[0]?.world;
  if (world === undefined) throw new Error("A fleet needs a cluster.");

  const [publicAuthority, clusterAuthority] = await Promise.all([createAuthority("Simulated Public CA"), createAuthority("Simulated Cluster CA")]);
  const [publicTls, clusterTls, client] = await Promise.all([
    issueServerCertificate(publicAuthority),
    issueServerCertificate(clusterAuthority),
    issueClientCertificate(clusterAuthority, LOCAL_ACCOUNT),
  ]);
  const journal = createJournal();
  const tokens = createTokenRegistry();
  const now = (): number => clock.now();
  const common = { journal, faults: createFaultPlan(options.faults ?? []), tokens, now };
  const endpoints = { arm: "", entra: "", github: "" };
  const origins = (): typeof endpoints => endpoints;

  const startKubernetes = async (cluster: FleetCluster): Promise<ClusterServer> => {
    const handler = createApiServer(cluster.world, tokens);
    const server = await startServer({ ...common, service: "kubernetes", handler, tls: clusterTls, clientAuthority: clusterAuthority.cert });
    const view = await outsideView(cluster.world);
    if (!cluster.world.cluster.reachable) await server.close();
    return {
      access: () => accessAt(server.origin, (byPublicName) => view.origin(server.origin, byPublicName), clusterAuthority, client),
      close: async () => {
        await Promise.all([server.close(), view.close()]);
      },
    };
  };
  const servers = new Map<FleetCluster, ClusterServer>();
  if (options.kubernetes === true) {
    await Promise.all(clusters.map(async (cluster) => servers.set(cluster, await startKubernetes(cluster))));
  }

  const commands: RunCommands[] = [];
  const managers = new Map<FleetCluster, Handler>();
  const managerOf = (cluster: FleetCluster): Handler => {
    const known = managers.get(cluster);
    if (known !== undefined) return known;
    const access = servers.get(cluster)?.access ?? (() => accessAt(NOWHERE, () => NOWHERE, clusterAuthority, client));
    const runCommands = createRunCommands(cluster.world, access, now);
    commands.push(runCommands);
    const manager = createResourceManager({ world: cluster.world, tokens, origins, access, runCommands });
    managers.set(cluster, manager);
    return manager;
  };
  const manager = createFleetManager({
    clusters,
    subscriptions,
    forbidden: new Set(forbidden.map(subscriptionId)),
    tokens,
    origins,
    managerOf,
    pageSize,
    limits: { ...REAL_LIMITS, ...limits },
  });
  const audiences = (): string[] => [ARM_AUDIENCE, endpoints.arm, AKS_APPLICATION];
  const [arm, entra, github]: [RunningServer, RunningServer, RunningServer] = await Promise.all([
    startServer({ ...common, service: "arm", handler: manager, tls: publicTls }),
    startServer({ ...common, service: "entra", handler: createEntra({ world, tokens, origins, audiences }), tls: publicTls }),
    startServer({ ...common, service: "github", handler: createGitHub({ world, tokens, origin: () => endpoints.github }), tls: publicTls }),
  ]);
  Object.assign(endpoints, { arm: arm.origin, entra: entra.origin, github: github.origin });

  const folder = temporaryFolder({ "public-ca.pem": publicAuthority.cert });
  const close = async (): Promise<void> => {
    await Promise.all([...commands, arm, entra, github, ...servers.values()].map((each) => each.close()));
    folder[Symbol.dispose]();
  };
  return {
    clusters,
    subscriptions,
    journal,
    clock,
    inputs: { "azure-environment": endpoints.arm, "client-id": world.identity.clientId, "tenant-id": world.identity.tenantId },
    env: { ...environmentFor(world, clock, endpoints.github, join(folder.path, "public-ca.pem")), GITHUB_API_URL: endpoints.github },
    endpoints,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function accessAt(inside: string, outside: ClusterAccess["outside"], authority: KeyPair, client: KeyPair): ClusterAccess {
  return { inside, outside, authority: authority.cert, client };
}
