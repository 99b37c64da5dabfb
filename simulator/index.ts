/** Starts a simulated Azure with one AKS cluster on loopback HTTPS, for the demo, the tests and the benchmark. */
import { join } from "node:path";
import type { StartCommand } from "./azure/command-process.ts";
import { certificateUser, type ClusterAccess, kubeconfig, tokenUser } from "./azure/kubeconfig.ts";
import { createResourceManager } from "./azure/resource-manager.ts";
import { createRunCommands } from "./azure/run-command.ts";
import { createApiServer } from "./kubernetes/api/api-server.ts";
import { type Certificates, createCertificates } from "./lib/certificates.ts";
import { type SimulatedClock, startClock } from "./lib/clock.ts";
import { temporaryFolder, type TemporaryFolder } from "./lib/temporary-folder.ts";
import { createTokenRegistry } from "./lib/tokens.ts";
import { processEnvironment } from "./runner/process-environment.ts";
import { scenario, type ScenarioName } from "./scenarios/registry.ts";
import { createExternalAddress } from "./server/api-server-address.ts";
import { createFaultPlan, type Fault, type FaultPlan } from "./server/faults.ts";
import { startServer as startOnLoopback, type StartServer } from "./server/https-server.ts";
import { type PublicOrigins, startPublicServices } from "./server/public-services.ts";
import { createRequestLog, type RequestLog } from "./server/request-log.ts";
import { hasEntra } from "./world/cluster-settings.ts";
import { AKS_APPLICATION, type World } from "./world/world.ts";

export { type CommandOptions, type CommandOutcome, type RunningCommand, startCommand } from "./azure/command-process.ts";
export { clusterSnapshot } from "./kubernetes/api/snapshot.ts";
export { createCertificates } from "./lib/certificates.ts";
export type { SimulatedRequest } from "./lib/http.ts";
export { scenario, type ScenarioName, scenarios } from "./scenarios/registry.ts";
export type { Fault, FaultKind } from "./server/faults.ts";
export { requestListener, type RunningServer, type ServerOptions, startServer } from "./server/https-server.ts";
export type { RequestLogEntry } from "./server/request-log.ts";
export type { Issue } from "./world/github.ts";
export { workload } from "./world/workload.ts";
export type { World } from "./world/world.ts";

export interface SimulatorOptions {
  readonly scenario: ScenarioName;
  /** Simulated seconds per real second; 1 by default. */
  readonly speed?: number;
  /** Replaces the clock that `speed` would start. */
  readonly clock?: SimulatedClock;
  /** Changes the scenario's world before the servers start. */
  readonly tweak?: (world: World) => void;
  readonly faults?: readonly Fault[];
  /** Certificates to share between several simulators; new ones by default. */
  readonly certificates?: Promise<Certificates>;
  /** Starts the commands of run commands; in a shell on this machine by default. */
  readonly startCommand?: StartCommand;
  /** Starts the servers; on loopback by default. */
  readonly startServer?: StartServer;
  /** The origins that the public services give themselves, where clients reach them through a proxy under other names. */
  readonly publicNames?: PublicOrigins;
  /** Another API server, for the simulated cluster to hand out in place of the simulator's. */
  readonly apiServer?: OtherApiServer;
}

/** An API server outside the simulator. */
export interface OtherApiServer {
  /** https://host:port, without a trailing slash. */
  readonly origin: string;
  /** PEM of its authority. */
  readonly authority: string;
  /** A bearer token that it accepts; Entra issues this one whenever a token for the cluster is asked for. */
  readonly token: string;
}

export interface Simulator extends AsyncDisposable {
  readonly world: World;
  readonly requestLog: RequestLog;
  readonly clock: SimulatedClock;
  readonly faults: FaultPlan;
  /** The action's inputs for this world, by name. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Environment for the action's process: trust, clock, GitHub's OIDC. */
  readonly env: Readonly<Record<string, string>>;
  /** Origins without a trailing slash. */
  readonly endpoints: {
    readonly arm: string;
    readonly entra: string;
    readonly github: string;
    readonly kubernetes: string;
  };
  /** PEM of the authority of Entra, Resource Manager and GitHub. */
  readonly publicAuthority: string;
  /** PEM of the API server's authority. */
  readonly clusterAuthority: string;
  /**
   * A kubeconfig for kubectl on this machine, as YAML, with the identity's rights: a token of Entra, or the certificate of a local
   * account where the cluster does not use Entra. Its server is the external address of the API server.
   */
  kubeconfig(): string;
  /** All secrets of this world: tokens, assertions, the key of the cluster's user. */
  secrets(): readonly string[];
  close(): Promise<void>;
}

/** Starts a simulator. Close it, or bind it with `await using`. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const clock = options.clock ?? (await startClock(options.speed));
  const world = scenario(options.scenario).create(clock.now());
  options.tweak?.(world);

  const { publicAuthority, clusterAuthority, publicTls, clusterTls, client } = await (options.certificates ?? createCertificates());
  const requestLog = createRequestLog();
  const faults = createFaultPlan(options.faults ?? []);
  const { apiServer, startServer = startOnLoopback } = options;
  const tokens = createTokenRegistry(apiServer && { audience: AKS_APPLICATION, token: apiServer.token });
  const now = (): number => clock.now();
  const common = { requestLog, faults, tokens, now };

  const address = await createExternalAddress(world);
  const kubernetes = await startServer({ ...common, service: "kubernetes", handler: createApiServer(world, tokens), tls: clusterTls, clientAuthority: clusterAuthority.cert });
  const cluster = { origin: apiServer?.origin ?? kubernetes.origin, authority: apiServer?.authority ?? clusterAuthority.cert };
  const access = (): ClusterAccess => ({
    internalOrigin: cluster.origin,
    externalOrigin: (byPublicName) => address.origin(cluster.origin, byPublicName),
    authority: cluster.authority,
    client,
  });
  const runCommands = createRunCommands(world, access, clock, options.startCommand);
  const services = await startPublicServices({
    world,
    tls: publicTls,
    common,
    names: options.publicNames,
    startServer,
    createResourceManager: (origins) => createResourceManager({ world, tokens, origins, access, runCommands }),
  });
  const endpoints = { ...services.origins, kubernetes: cluster.origin };
  if (!world.cluster.reachable) await kubernetes.close();

  // Only other processes need the file.
  let folder: TemporaryFolder | undefined;
  const authorityFile = (): string => join((folder ??= temporaryFolder({ "public-ca.pem": publicAuthority.cert })).path, "public-ca.pem");

  const close = async (): Promise<void> => {
    await runCommands.close();
    await Promise.all([services, kubernetes, address, clock].map((server) => server.close()));
    folder?.[Symbol.dispose]();
  };
  return {
    world,
    requestLog,
    clock,
    faults,
    inputs: {
      cluster: world.cluster.name,
      "resource-group": world.resourceGroup,
      "subscription-id": world.subscriptionId,
      "azure-environment": endpoints.arm,
      "client-id": world.identity.clientId,
      "tenant-id": world.identity.tenantId,
    },
    get env() {
      return processEnvironment(world, clock, endpoints.github, authorityFile());
    },
    endpoints,
    publicAuthority: publicAuthority.cert,
    clusterAuthority: cluster.authority,
    kubeconfig() {
      const claims = { oid: world.identity.objectId, tid: world.identity.tenantId };
      const user = hasEntra(world)
        ? tokenUser(tokens.issue(AKS_APPLICATION, claims, now(), world.identity.tokenLifetime))
        : certificateUser(client);
      return kubeconfig(world, access().externalOrigin(false), cluster.authority, user);
    },
    secrets: () => [
      ...tokens.all(),
      world.github.requestToken,
      ...(world.identity.secret === undefined ? [] : [world.identity.secret]),
      // A PEM key, and its body as a kubeconfig contains it.
      client.key.trim(),
      Buffer.from(client.key).toString("base64"),
      ...client.key.split(/\r?\n/).filter((line) => line.length > 30 && !line.startsWith("-----")),
    ],
    close,
    [Symbol.asyncDispose]: close,
  };
}
