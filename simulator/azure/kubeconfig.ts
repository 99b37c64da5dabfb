/** Kubeconfigs: the answer of listClusterUserCredential, and kubeconfigs with a token or a certificate. */
import type { KeyPair } from "../lib/certificates.ts";
import type { Reply } from "../lib/http.ts";
import { AKS_APPLICATION, type World } from "../world/world.ts";
import { providerError } from "./errors.ts";

/** How to reach the cluster's API server. */
export interface ClusterAccess {
  /** Origin of the API server inside of the cluster's network. */
  readonly internalOrigin: string;
  /** Its origin outside of that network. `byPublicName`: the public name of a private cluster is asked for. */
  readonly externalOrigin: (byPublicName: boolean) => string;
  /** PEM of the API server's authority. */
  readonly authority: string;
  /** For clusters with local accounts. */
  readonly client: KeyPair;
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** A user with a bearer token. */
export function tokenUser(token: string): string {
  return `    token: ${token}\n`;
}

/** A user with the certificate of a local account. */
export function certificateUser({ cert, key }: KeyPair): string {
  return `    client-certificate-data: ${base64(cert)}\n    client-key-data: ${base64(key)}\n`;
}

function entraUser(world: World): string {
  const args = ["get-token", "--environment", "AzurePublicCloud", "--server-id", AKS_APPLICATION];
  args.push("--client-id", "80faf920-1908-4b52-b5ef-a8e7bedfc67a", "--tenant-id", world.identity.tenantId);
  args.push("--login", "devicecode");
  return `    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      args:
${args.map((argument) => `      - ${argument}`).join("\n")}
      command: kubelogin
      env: null
      provideClusterInfo: false
`;
}

/** A kubeconfig of the cluster, as YAML. `user`: the lines below `user:`. */
export function kubeconfig(world: World, server: string, authority: string, user: string): string {
  const { name } = world.cluster;
  const userName = `clusterUser_${world.resourceGroup}_${name}`;
  return `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: ${base64(authority)}
    server: ${server}
  name: ${name}
contexts:
- context:
    cluster: ${name}
    user: ${userName}
  name: ${name}
current-context: ${name}
kind: Config
preferences: {}
users:
- name: ${userName}
  user:
${user}`;
}

/** The kubeconfig of the cluster's user. `serverFqdn`: "public" asks for the public name of a private cluster. */
export function kubeconfigReply(world: World, access: ClusterAccess, serverFqdn: string | null): Reply {
  const byPublicName = serverFqdn?.toLowerCase() === "public";
  if (byPublicName && world.cluster.private?.publicFqdn === false) {
    const text = "Public FQDN is not enabled on this private cluster, the credential with a public server FQDN cannot be listed.";
    return providerError(400, "BadRequest", text);
  }
  const isLocal = world.cluster.kubeconfig === "client-certificate";
  const user = isLocal ? certificateUser(access.client) : entraUser(world);
  const text = kubeconfig(world, access.externalOrigin(byPublicName), access.authority, user);
  return { status: 200, body: { kubeconfigs: [{ name: "clusterUser", value: base64(text) }] } };
}
