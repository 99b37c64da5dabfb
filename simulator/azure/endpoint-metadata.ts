/** The endpoint metadata of Resource Manager: `GET /metadata/endpoints`. */
import type { Json, JsonObject } from "../lib/json.ts";
import type { MetadataForm } from "../world/resource-manager-settings.ts";

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

/** The simulated cloud alone, in the form of the api-versions up to 2018: without names of clouds and suffixes. */
function endpointsOf2015(entraOrigin: string, audiences: string[]): JsonObject {
  return {
    galleryEndpoint: "",
    graphEndpoint: "https://graph.simulated.example/",
    portalEndpoint: "https://portal.simulated.example/",
    graphAudience: "https://graph.simulated.example/",
    authentication: { loginEndpoint: `${entraOrigin}/`, audiences },
  };
}

/**
 * The metadata in the form of an api-version: one object until 2018, an array from 2019 on, and from 2022-09-01 on what `form` says.
 * The array has the public cloud first, then the simulated one: a client has to select its cloud by `resourceManager`.
 */
export function endpointMetadata(armOrigin: string, entraOrigin: string, apiVersion: string | null, form: MetadataForm): Json {
  const audiences = [`${ARM_AUDIENCE}/`, `${armOrigin}/`];
  if (apiVersion !== null && apiVersion < "2019") return endpointsOf2015(entraOrigin, audiences);
  const own = cloud(SIMULATED_CLOUD, `${armOrigin}/`, `${entraOrigin}/`, audiences, "simulated.example");
  if (form === "object" && apiVersion !== null && apiVersion >= "2022-09-01") return own;
  const publicAudiences = ["https://management.core.windows.net/", "https://management.azure.com/"];
  return [
    cloud("AzureCloud", "https://management.azure.com/", "https://login.microsoftonline.com", publicAudiences, "windows.net"),
    own,
  ];
}
