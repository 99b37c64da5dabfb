/** Routes of the managed cluster. */
import type { Reply } from "../lib/http.ts";
import { clusterId, WRITE_CLUSTER } from "../world/changes.ts";
import type { World } from "../world/world.ts";
import { unknownApiVersion } from "./api-versions.ts";
import { type ClusterAccess, kubeconfigReply } from "./kubeconfig.ts";
import { abortOperation, latestOperation } from "./latest-operation.ts";
import { readCluster, writeCluster } from "./managed-cluster.ts";
import { meshUpgradeProfiles } from "./mesh-revisions.ts";
import { recorded } from "./recorded-changes.ts";
import { type Route, route } from "./route.ts";
import type { RunCommands } from "./run-command.ts";

export interface ClusterRoutesOptions {
  readonly world: World;
  readonly armOrigin: () => string;
  readonly access: () => ClusterAccess;
  readonly runCommands: RunCommands;
}

const CLUSTER = String.raw`/resourceGroups/([^/]+)/providers/Microsoft\.ContainerService/managedClusters/([^/]+)`;
const READ = "Microsoft.ContainerService/managedClusters/read";

/** The routes of the cluster. */
export function clusterRoutes({ world, armOrigin, access, runCommands }: ClusterRoutesOptions): Route[] {
  return [
    route("GET", CLUSTER, READ, (request) => readCluster(world, request)),
    route("PUT", CLUSTER, WRITE_CLUSTER, (request) => {
      const reply = writeCluster(world, request, armOrigin());
      // An accepted write is in the log with its operation.
      return reply.status < 400 ? reply : recorded(world, request, WRITE_CLUSTER, clusterId(world), reply);
    }),
    route("GET", `${CLUSTER}/operations/latest`, READ, ({ at }) => latestOperation(world, at)),
    route("POST", `${CLUSTER}/abort`, WRITE_CLUSTER, ({ at }) => abortOperation(world, at, armOrigin())),
    route("GET", `${CLUSTER}/meshUpgradeProfiles`, READ, () => meshUpgradeProfiles(world, undefined)),
    route("GET", `${CLUSTER}/meshUpgradeProfiles/([^/]+)`, READ, (_, [, , name]) => meshUpgradeProfiles(world, name)),
    route(
      "POST",
      `${CLUSTER}/listClusterUserCredential`,
      "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action",
      ({ query }) => kubeconfigReply(world, access(), query.get("server-fqdn")),
    ),
    route("POST", `${CLUSTER}/runCommand`, "Microsoft.ContainerService/managedClusters/runcommand/action", (request) =>
      runCommands.submit(request, armOrigin()),
    ),
    route(
      "GET",
      `${CLUSTER}/commandResults/([^/]+)`,
      "Microsoft.ContainerService/managedClusters/commandResults/read",
      (request, [, , id = ""]) => runCommands.result(id, request, armOrigin()),
    ),
  ];
}

/** The refusal of the api-version of a request about managed clusters or mesh revisions; undefined for others. `path`: below the subscription. */
export function refusedApiVersion(world: World, path: string, apiVersion: string): Reply | undefined {
  const [, type] = /\/providers\/Microsoft\.ContainerService\/(managedClusters|locations\/[^/]+\/meshRevisionProfiles)(?:\/|$)/i.exec(path) ?? [];
  if (type === undefined) return undefined;
  return unknownApiVersion(world, type.replace(/\/[^/]+\//, "/"), apiVersion);
}
