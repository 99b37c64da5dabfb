/** The HTTP pipeline of the Azure SDK's core, with the headers, proxy support and logging of the SDK's clients. */
import { createPipelineFromOptions, type Pipeline } from "@azure/core-rest-pipeline";

/** The action's name in the `User-Agent` header. */
const USER_AGENT = "istio-cni-aks";

/** Creates a pipeline for a service without a client in the SDK. */
export function createPipeline(): Pipeline {
  return createPipelineFromOptions({ userAgentOptions: { userAgentPrefix: USER_AGENT } });
}
