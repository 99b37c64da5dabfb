/**
 * The Azure SDK's clients, reduced to building requests and reading answers. Signing, retries, redirects, timeouts and
 * user agent are the sender's: a client's own policies would know nothing of the run's deadline, counters and log.
 */
import { createContainerService } from "@azure/arm-containerservice/api";
import { FeatureClient } from "@azure/arm-features";
import { createEmptyPipeline } from "@azure/core-rest-pipeline";
import type { SdkTransport } from "./arm-client.ts";

/** The first parameter of every function in `@azure/arm-containerservice/api`. */
export type ContainerService = ReturnType<typeof createContainerService>;

/** A client for the functions of `@azure/arm-containerservice/api`. They read and write JSON themselves and need no policy. */
export function containerService({ credential, ...options }: SdkTransport, subscriptionId: string, apiVersion: string): ContainerService {
  return createContainerService(credential, subscriptionId, { ...options, apiVersion, pipeline: createEmptyPipeline() });
}

/** The policies of `@azure/core-client` that write and read JSON. */
const JSON_POLICIES: readonly string[] = ["serializationPolicy", "deserializationPolicy"];

/** A client of `@azure/arm-features`. It creates a pipeline of its own, of which only the policies for JSON stay. */
export function featureClient({ credential, ...options }: SdkTransport, subscriptionId: string): FeatureClient {
  const client = new FeatureClient(credential, subscriptionId, options);
  for (const { name } of client.pipeline.getOrderedPolicies()) {
    if (!JSON_POLICIES.includes(name)) client.pipeline.removePolicy({ name });
  }
  return client;
}
