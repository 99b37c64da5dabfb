/** Fetches the cluster user's kubeconfig the way `az aks get-credentials` does. */
import { request } from "node:https";
import type { Simulator } from "../../simulator/index.ts";

function call(url: string, method: string, ca: string, headers: Readonly<Record<string, string>>, body = ""): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, ca, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve(JSON.parse(text) as Record<string, unknown>));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

export async function kubeconfigText({ endpoints, env, publicAuthority, world }: Simulator): Promise<string> {
  const { value: assertion } = await call(`${env["ACTIONS_ID_TOKEN_REQUEST_URL"] ?? ""}&audience=api://AzureADTokenExchange`, "GET", publicAuthority, {
    authorization: `bearer ${env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] ?? ""}`,
  });
  const [cloud] = ((await call(`${endpoints.arm}/metadata/endpoints?api-version=2022-09-01`, "GET", publicAuthority, {})) as unknown as { resourceManager: string; authentication: { audiences: string[] } }[]).filter(
    ({ resourceManager }) => resourceManager.startsWith(endpoints.arm),
  );
  const { access_token: token } = await call(
    `${endpoints.entra}/${world.identity.tenantId}/oauth2/v2.0/token`,
    "POST",
    publicAuthority,
    { "content-type": "application/x-www-form-urlencoded" },
    new URLSearchParams({
      grant_type: "client_credentials",
      client_id: world.identity.clientId,
      client_assertion: String(assertion),
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      scope: `${cloud?.authentication.audiences[0] ?? ""}/.default`,
    }).toString(),
  );
  const path = `/subscriptions/${world.subscriptionId}/resourceGroups/${world.resourceGroup}/providers/Microsoft.ContainerService/managedClusters/${world.cluster.name}/listClusterUserCredential`;
  const { kubeconfigs } = await call(`${endpoints.arm}${path}?api-version=2026-01-01`, "POST", publicAuthority, { authorization: `Bearer ${String(token)}` });
  const [first] = kubeconfigs as { value: string }[];
  return Buffer.from(first?.value ?? "", "base64").toString("utf8");
}
