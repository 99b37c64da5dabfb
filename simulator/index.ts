/** An Azure and a Kubernetes cluster on loopback HTTPS, for the demonstration and for tests. */
import { join } from "node:path";
import { certificateUser, type ClusterAccess, kubeconfig, tokenUser } from "./azure/kubeconfig.ts";
import { ARM_AUDIENCE } from "./azure/metadata.ts";
import { createResourceManager } from "./azure/resource-manager.ts";
import { createRunCommands } from "./azure/run-command.ts";
import { hasEntra } from "./azure/cluster-traits.ts";
import { createAuthority, issueClientCertificate, issueServerCertificate, type KeyPair } from "./certificates.ts";
import { type SimulatedClock, startClock } from "./clock.ts";
import { AKS_APPLICATION, createEntra } from "./entra.ts";
import type { StartCommand } from "./azure/command-process.ts";
import { createFaultPlan, type Fault, type FaultPlan } from "./faults.ts";
import { createGitHub } from "./github.ts";
import type { Handler, Service } from "./http.ts";
import { createJournal, type Journal } from "./journal.ts";
import { createApiServer, LOCAL_ACCOUNT } from "./kubernetes/api-server.ts";
import { scenario, type ScenarioName } from "./scenarios/registry.ts";
import { type RunningServer, startServer } from "./server.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { createTokenRegistry } from "./tokens.ts";
import { outsideView } from "./outside-view.ts";
import type { World } from "./world.ts";

export { type CommandOptions, type CommandOutcome, type RunningCommand, type StartCommand, startCommand } from "./azure/command-process.ts";
export type { Fault, FaultKind, FaultPlan } from "./faults.ts";
export type { Issue } from "./github-issues.ts";
export type { SimulatedRequest } from "./http.ts";
export type { Journal, JournalEntry } from "./journal.ts";
export { kubernetesView } from "./kubernetes/view.ts";
export { workload } from "./kubernetes/workload.ts";
export { scenario, type ScenarioName, scenarios } from "./scenarios/registry.ts";
export type { SimulatedClock } from "./clock.ts";
export type { World } from "./world.ts";

export interface SimulatorOptions {
  readonly scenario: ScenarioName;
  /** Simulated seconds per real second; 1 unless told. */
  readonly speed?: number;
  /** Changes the scenario's world before anything listens. */
  readonly tweak?: (world: World) => void;
  readonly faults?: readonly Fault[];
  /** Those of other worlds, for many worlds one after the other; new ones unless told. */
  readonly certificates?: Promise<Certificates>;
  /** Runs the commands of run commands; in a shell on this machine unless told. */
  readonly startCommand?: StartCommand;
}

/** What the servers of a world present, and who vouches for it. */
export interface Certificates {
  readonly publicAuthority: KeyPair;
  readonly clusterAuthority: KeyPair;
  readonly publicTls: KeyPair;
  readonly clusterTls: KeyPair;
  /** Of the cluster's local account. */
  readonly client: KeyPair;
}

/** Makes two authorities, one for the public endpoints and one for the cluster, and all that they sign. */
export async function createCertificates(): Promise<Certificates> {
  const [publicAuthority, clusterAuthority] = await Promise.all([
    createAuthority("Simulated Public CA"),
    createAuthority("Simulated Cluster CA"),
  ]);
  const [publicTls, clusterTls, client] = await Promise.all([
    issueServerCertificate(publicAuthority),
    issueServerCertificate(clusterAuthority),
    issueClientCertificate(clusterAuthority, LOCAL_ACCOUNT),
  ]);
  return { publicAuthority, clusterAuthority, publicTls, clusterTls, client };
}

export interface Simulator extends AsyncDisposable {
  readonly world: World;
  readonly journal: Journal;
  readonly clock: SimulatedClock;
  readonly faults: FaultPlan;
  /** Inputs of the action that point to this world, by name. */
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
  /** PEM of the authority behind Entra, Resource Manager and GitHub. */
  readonly publicAuthority: string;
  /** PEM of the API server's authority. */
  readonly clusterAuthority: string;
  /**
   * A kubeconfig for kubectl on this machine, as YAML, with the identity's own rights: a token of Entra's, or the certificate
   * of a local account where the cluster has no Entra. It points to where the API server is seen from outside.
   */
  kubeconfig(): string;
  /** Every secret that this world has given out or knows: tokens, assertions, the key of the cluster's user. */
  secrets(): readonly string[];
  close(): Promise<void>;
}

/** Environment variables for a process that is to live in this world. */
export function environmentFor(
  world: World,
  clock: SimulatedClock,
  github: string,
  authorityFile: string,
): Record<string, string> {
  const oidc = {
    ACTIONS_ID_TOKEN_REQUEST_URL: `${github}/oidc/token?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: world.github.requestToken,
  };
  return {
    NODE_EXTRA_CA_CERTS: authorityFile,
    NODE_OPTIONS: `--import ${new URL("fast-clock.mjs", import.meta.url).href}`,
    SIMULATED_CLOCK: JSON.stringify(clock.settings),
    ...(world.github.idTokenPermission ? oidc : {}),
  };
}

/** Starts a world. Close it, or bind it with `await using`. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const clock = startClock(options.speed);
  const world = scenario(options.scenario).create(clock.now());
  options.tweak?.(world);

  const { publicAuthority, clusterAuthority, publicTls, clusterTls, client } = await (options.certificates ?? createCertificates());

  const journal = createJournal();
  const faults = createFaultPlan(options.faults ?? []);
  const tokens = createTokenRegistry();
  const endpoints = { arm: "", entra: "", github: "", kubernetes: "" };
  const now = (): number => clock.now();
  const common = { journal, faults, tokens, now };
  const start = (service: Service, handler: Handler): Promise<RunningServer> =>
    service === "kubernetes"
      ? startServer({ ...common, service, handler, tls: clusterTls, clientAuthority: clusterAuthority.cert })
      : startServer({ ...common, service, handler, tls: publicTls });

  const origins = (): typeof endpoints => endpoints;
  const audiences = (): string[] => [ARM_AUDIENCE, endpoints.arm, AKS_APPLICATION];
  const view = await outsideView(world);
  const access = (): ClusterAccess => ({
    inside: endpoints.kubernetes,
    outside: (byPublicName) => view.origin(endpoints.kubernetes, byPublicName),
    authority: clusterAuthority.cert,
    client,
  });
  const runCommands = createRunCommands(world, access, now, options.startCommand);
  const servers = await Promise.all([
    start("arm", createResourceManager({ world, tokens, origins, access, runCommands })),
    start("entra", createEntra({ world, tokens, origins, audiences })),
    start("github", createGitHub({ world, tokens, origin: () => endpoints.github })),
    start("kubernetes", createApiServer(world, tokens)),
  ]);
  const [arm, entra, github, kubernetes] = servers;
  Object.assign(endpoints, {
    arm: arm.origin,
    entra: entra.origin,
    github: github.origin,
    kubernetes: kubernetes.origin,
  });
  if (!world.cluster.reachable) await kubernetes.close();

  const folder = temporaryFolder({ "public-ca.pem": publicAuthority.cert });

  const close = async (): Promise<void> => {
    await runCommands.close();
    await Promise.all([...servers, view].map((server) => server.close()));
    folder[Symbol.dispose]();
  };
  return {
    world,
    journal,
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
    env: environmentFor(world, clock, endpoints.github, join(folder.path, "public-ca.pem")),
    endpoints,
    publicAuthority: publicAuthority.cert,
    clusterAuthority: clusterAuthority.cert,
    kubeconfig() {
      const claims = { oid: world.identity.objectId, tid: world.identity.tenantId };
      const user = hasEntra(world)
        ? tokenUser(tokens.issue(AKS_APPLICATION, claims, now(), world.identity.tokenLifetime))
        : certificateUser(client);
      return kubeconfig(world, access().outside(false), clusterAuthority.cert, user);
    },
    secrets: () => [
      ...tokens.all(),
      world.github.requestToken,
      ...(world.identity.secret === undefined ? [] : [world.identity.secret]),
      // A PEM key, and its body as a kubeconfig holds it.
      client.key.trim(),
      Buffer.from(client.key).toString("base64"),
      ...client.key.split(/\r?\n/).filter((line) => line.length > 30 && !line.startsWith("-----")),
    ],
    close,
    [Symbol.asyncDispose]: close,
  };
}
