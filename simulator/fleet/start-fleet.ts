/** Starts a fleet of simulated clusters with one Resource Manager, one Entra and one GitHub. */
import { join } from "node:path";
import type { ClusterAccess } from "../azure/kubeconfig.ts";
import { createResourceManager } from "../azure/resource-manager.ts";
import { createRunCommands, type RunCommands } from "../azure/run-command.ts";
import { type Limits, REAL_LIMITS } from "../azure/throttle.ts";
import { createApiServer } from "../kubernetes/api/api-server.ts";
import { type Certificates, createCertificates } from "../lib/certificates.ts";
import { type SimulatedClock, startClock } from "../lib/clock.ts";
import type { Handler } from "../lib/http.ts";
import { temporaryFolder } from "../lib/temporary-folder.ts";
import { createTokenRegistry } from "../lib/tokens.ts";
import { processEnvironment } from "../runner/process-environment.ts";
import { createExternalAddress } from "../server/api-server-address.ts";
import { createFaultPlan, type Fault } from "../server/faults.ts";
import { startServer as startOnLoopback, type StartServer } from "../server/https-server.ts";
import { type PublicOrigins, startPublicServices } from "../server/public-services.ts";
import { createRequestLog, type RequestLog } from "../server/request-log.ts";
import { createFleetClusters, type FleetCluster, type FleetKind, mixedKinds, subscriptionId } from "./fleet-clusters.ts";
import { createFleetResourceManager } from "./fleet-resource-manager.ts";

export interface FleetOptions {
  readonly clusters: number;
  /** Number of subscriptions, 3 by default; clusters are assigned to them in turn. */
  readonly subscriptions?: number;
  readonly kindOf?: (index: number) => FleetKind;
  /** Subscriptions, from 0, that are listed, but whose clusters may not be. */
  readonly forbidden?: readonly number[];
  /** Simulated seconds per real second; 1 by default. */
  readonly speed?: number;
  /** Replaces the clock that `speed` would start. */
  readonly clock?: SimulatedClock;
  /** Starts the servers; on loopback by default. */
  readonly startServer?: StartServer;
  /** Clusters or subscriptions in a page of a list; 100 by default. */
  readonly pageSize?: number;
  /** Azure's limits by default. */
  readonly limits?: Partial<Limits>;
  readonly faults?: readonly Fault[];
  /** Whether the clusters' API servers listen; listing clusters does not need them. */
  readonly kubernetes?: boolean;
  /** New certificates by default. */
  readonly certificates?: Promise<Certificates>;
  /** The origins that the public services give themselves, where clients reach them through a proxy under other names. */
  readonly publicNames?: PublicOrigins;
}

export interface Fleet extends AsyncDisposable {
  readonly clusters: readonly FleetCluster[];
  readonly subscriptions: readonly string[];
  readonly requestLog: RequestLog;
  readonly clock: SimulatedClock;
  /** Inputs that all actions need for this fleet. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly endpoints: PublicOrigins;
  /** Takes the identity's roles in a subscription away. */
  hideSubscription(subscriptionId: string): void;
  deleteCluster(cluster: FleetCluster): void;
  close(): Promise<void>;
}

interface ClusterServer {
  readonly access: () => ClusterAccess;
  close(): Promise<void>;
}

/** The API server's address of a cluster whose API server does not listen. */
const UNUSED_ORIGIN = "https://localhost:9";

/** Starts a fleet. Close it, or bind it with `await using`. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const { subscriptions: count = 3, kindOf = mixedKinds, forbidden = [], pageSize = 100, limits = {}, startServer = startOnLoopback } = options;
  const clock = options.clock ?? (await startClock(options.speed));
  const clusters = createFleetClusters({ clusters: options.clusters, subscriptions: count, now: clock.now(), kindOf });
  const subscriptions = Array.from({ length: count }, (_, index) => subscriptionId(index));
  const world = clusters[0]?.world;
  if (world === undefined) throw new Error("A fleet needs a cluster.");

  const { publicAuthority, clusterAuthority, publicTls, clusterTls, client } = await (options.certificates ?? createCertificates());
  const requestLog = createRequestLog();
  const tokens = createTokenRegistry();
  const now = (): number => clock.now();
  const common = { requestLog, faults: createFaultPlan(options.faults ?? []), tokens, now };
  const accessAt = (internalOrigin: string, externalOrigin: ClusterAccess["externalOrigin"]): ClusterAccess => ({ internalOrigin, externalOrigin, authority: clusterAuthority.cert, client });

  const startKubernetes = async (cluster: FleetCluster): Promise<ClusterServer> => {
    const handler = createApiServer(cluster.world, tokens);
    const server = await startServer({ ...common, service: "kubernetes", handler, tls: clusterTls, clientAuthority: clusterAuthority.cert });
    const address = await createExternalAddress(cluster.world);
    if (!cluster.world.cluster.reachable) await server.close();
    return {
      access: () => accessAt(server.origin, (byPublicName) => address.origin(server.origin, byPublicName)),
      close: async () => {
        await Promise.all([server.close(), address.close()]);
      },
    };
  };
  const servers = new Map<FleetCluster, ClusterServer>();
  if (options.kubernetes === true) {
    await Promise.all(clusters.map(async (cluster) => servers.set(cluster, await startKubernetes(cluster))));
  }

  const commands: RunCommands[] = [];
  const resourceManagers = new Map<FleetCluster, Handler>();
  const resourceManagerOf = (cluster: FleetCluster, origins: () => PublicOrigins): Handler => {
    const known = resourceManagers.get(cluster);
    if (known !== undefined) return known;
    const access = servers.get(cluster)?.access ?? (() => accessAt(UNUSED_ORIGIN, () => UNUSED_ORIGIN));
    const runCommands = createRunCommands(cluster.world, access, clock);
    commands.push(runCommands);
    const created = createResourceManager({ world: cluster.world, tokens, origins, access, runCommands });
    resourceManagers.set(cluster, created);
    return created;
  };
  const hidden = new Set<string>();
  const deleted = new Set<FleetCluster>();
  const services = await startPublicServices({
    world,
    tls: publicTls,
    common,
    names: options.publicNames,
    startServer,
    createResourceManager: (origins) =>
      createFleetResourceManager({
        clusters,
        subscriptions,
        forbidden: new Set(forbidden.map(subscriptionId)),
        hidden,
        deleted,
        tokens,
        origins,
        resourceManagerOf: (cluster) => resourceManagerOf(cluster, origins),
        pageSize,
        limits: { ...REAL_LIMITS, ...limits },
      }),
  });
  const endpoints = services.origins;

  const folder = temporaryFolder({ "public-ca.pem": publicAuthority.cert });
  const close = async (): Promise<void> => {
    await Promise.all([...commands, services, clock, ...servers.values()].map((each) => each.close()));
    folder[Symbol.dispose]();
  };
  return {
    clusters,
    subscriptions,
    requestLog,
    clock,
    inputs: { "azure-environment": endpoints.arm, "client-id": world.identity.clientId, "tenant-id": world.identity.tenantId },
    env: { ...processEnvironment(world, clock, endpoints.github, join(folder.path, "public-ca.pem")), GITHUB_API_URL: endpoints.github },
    endpoints,
    hideSubscription: (id) => void hidden.add(id),
    deleteCluster: (cluster) => void deleted.add(cluster),
    close,
    [Symbol.asyncDispose]: close,
  };
}
