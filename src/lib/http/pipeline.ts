/**
 * The HTTP pipeline of the Azure SDK's core. Requests that no client of the SDK sends use it too, so that proxies and logging are the
 * same for all. Other folders import the SDK's core from here.
 */
import { createPipelineFromOptions, type Pipeline } from "@azure/core-rest-pipeline";
import { VERSION } from "../version.ts";

export { createHttpHeaders, createPipelineRequest, type HttpClient, type HttpMethods, isRestError, type PipelineResponse } from "@azure/core-rest-pipeline";

/** How the action names itself in `User-Agent`. */
export const USER_AGENT = `istio-cni-aks/${VERSION}`;

/** A pipeline of its own, for a service that no client of the SDK is for. */
export function createPipeline(): Pipeline {
  return createPipelineFromOptions({ userAgentOptions: { userAgentPrefix: USER_AGENT } });
}
