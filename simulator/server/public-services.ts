/** The public endpoints of a world or a fleet: Resource Manager, Entra and GitHub, each with its own origin. */
import { ARM_AUDIENCE } from "../azure/endpoint-metadata.ts";
import { createEntra } from "../entra/entra.ts";
import { createGitHub } from "../github/github.ts";
import type { KeyPair } from "../lib/certificates.ts";
import type { Handler, Service } from "../lib/http.ts";
import { AKS_APPLICATION, type World } from "../world/world.ts";
import { type RunningServer, type ServerOptions, startServer, type StartServer } from "./https-server.ts";

/** Origins without a trailing slash; "" until the servers listen. */
export interface PublicOrigins {
  readonly arm: string;
  readonly entra: string;
  readonly github: string;
}

export interface PublicServices {
  /** Where the services listen. */
  readonly origins: PublicOrigins;
  close(): Promise<void>;
}

export interface PublicServicesOptions {
  /** The world with the identity and the repository. */
  readonly world: World;
  readonly tls: KeyPair;
  readonly common: Pick<ServerOptions, "requestLog" | "faults" | "tokens" | "now">;
  readonly createResourceManager: (origins: () => PublicOrigins) => Handler;
  /** The origins in the services' answers, for clients that reach the services under other names; where they listen by default. */
  readonly names?: PublicOrigins | undefined;
  /** On loopback by default. */
  readonly startServer?: StartServer | undefined;
}

/** Starts the servers. */
export async function startPublicServices({ world, tls, common, createResourceManager, names, startServer: startOne = startServer }: PublicServicesOptions): Promise<PublicServices> {
  const { tokens } = common;
  let known: PublicOrigins = { arm: "", entra: "", github: "" };
  const origins = (): PublicOrigins => known;
  const audiences = (): string[] => [ARM_AUDIENCE, known.arm, AKS_APPLICATION];
  const start = (service: Service, handler: Handler): Promise<RunningServer> => startOne({ ...common, service, handler, tls });
  const servers = await Promise.all([
    start("arm", createResourceManager(origins)),
    start("entra", createEntra({ world, tokens, origins, audiences })),
    start("github", createGitHub({ world, tokens, origin: () => known.github })),
  ]);
  const [arm, entra, github] = servers;
  const listening = { arm: arm.origin, entra: entra.origin, github: github.origin };
  known = names ?? listening;
  return {
    origins: listening,
    close: async () => {
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}
