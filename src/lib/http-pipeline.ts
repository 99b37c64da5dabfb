/** The HTTP pipeline of the Azure SDK's core: headers, proxies and logging as in the SDK's own clients. */
import { createPipelineFromOptions, type Pipeline } from "@azure/core-rest-pipeline";

/** How the action names itself in `User-Agent`. */
export const USER_AGENT = "istio-cni-aks";

/** A pipeline of its own, for a service that no client of the SDK is for. */
export function createPipeline(): Pipeline {
  return createPipelineFromOptions({ userAgentOptions: { userAgentPrefix: USER_AGENT } });
}
