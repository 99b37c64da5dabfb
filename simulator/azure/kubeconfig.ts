/** The answer of listClusterUserCredential: a kubeconfig, base64 in JSON. */
import type { Reply } from "../http.ts";
import type { KeyPair } from "../certificates.ts";
import type { World } from "../world.ts";
import { AKS_APPLICATION } from "../entra.ts";

/** What a kubeconfig points to. */
export interface ClusterAccess {
  /** Origin of the API server. */
  readonly server: string;
  /** PEM of the API server's authority. */
  readonly authority: string;
  /** For clusters with local accounts. */
  readonly client: KeyPair;
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

function userOf(world: World, access: ClusterAccess): string {
  if (world.cluster.kubeconfig === "client-certificate") {
    return `    client-certificate-data: ${base64(access.client.cert)}
    client-key-data: ${base64(access.client.key)}
`;
  }
  return `    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      args:
      - get-token
      - --environment
      - AzurePublicCloud
      - --server-id
      - ${AKS_APPLICATION}
      - --client-id
      - 80faf920-1908-4b52-b5ef-a8e7bedfc67a
      - --tenant-id
      - ${world.identity.tenantId}
      - --login
      - devicecode
      command: kubelogin
      env: null
      provideClusterInfo: false
`;
}

/** The kubeconfig of the cluster's user. */
export function kubeconfigReply(world: World, access: ClusterAccess): Reply {
  const { name } = world.cluster;
  const user = `clusterUser_${world.resourceGroup}_${name}`;
  const kubeconfig = `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: ${base64(access.authority)}
    server: ${access.server}
  name: ${name}
contexts:
- context:
    cluster: ${name}
    user: ${user}
  name: ${name}
current-context: ${name}
kind: Config
preferences: {}
users:
- name: ${user}
  user:
${userOf(world, access)}`;
  return { status: 200, body: { kubeconfigs: [{ name: "clusterUser", value: base64(kubeconfig) }] } };
}
