/** The endpoint metadata of Resource Manager: `GET /metadata/endpoints`, api-version 2022-09-01, an array of clouds. */
import type { JsonObject } from "../lib/json.ts";

/** The name of the simulated cloud in its own metadata. */
const SIMULATED_CLOUD = "SimulatedCloud";

/** The audience of tokens for the simulated Resource Manager. The metadata lists it beside the origin itself. */
export const ARM_AUDIENCE = "https://management.core.simulated.example";

function cloud(
  name: string,
  resourceManager: string,
  loginEndpoint: string,
  audiences: string[],
  suffix: string,
): JsonObject {
  return {
    portal: `https://portal.${suffix}/`,
    authentication: { loginEndpoint, audiences, tenant: "common", identityProvider: "AAD" },
    media: `https://rest.media.${suffix}`,
    graphAudience: `https://graph.${suffix}/`,
    graph: `https://graph.${suffix}/`,
    name,
    suffixes: {
      azureDataLakeStoreFileSystem: `azuredatalakestore.${suffix}`,
      acrLoginServer: `azurecr.${suffix}`,
      keyVaultDns: `vault.${suffix}`,
      storage: `core.${suffix}`,
    },
    batch: `https://batch.core.${suffix}/`,
    resourceManager,
    microsoftGraphResourceId: `https://graph.${suffix}/`,
  };
}

/** The public cloud first, then the simulated one: a client has to select its cloud by `resourceManager`. */
export function endpointMetadata(armOrigin: string, entraOrigin: string): JsonObject[] {
  const publicAudiences = ["https://management.core.windows.net/", "https://management.azure.com/"];
  return [
    cloud(
      "AzureCloud",
      "https://management.azure.com/",
      "https://login.microsoftonline.com",
      publicAudiences,
      "windows.net",
    ),
    cloud(
      SIMULATED_CLOUD,
      `${armOrigin}/`,
      `${entraOrigin}/`,
      [`${ARM_AUDIENCE}/`, `${armOrigin}/`],
      "simulated.example",
    ),
  ];
}
