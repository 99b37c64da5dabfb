/** Resource Manager: raw JSON through the SDK's own pipeline, which signs in, retries and counts. */
import { createContainerService } from "@azure/arm-containerservice/api";
import { createPipelineFromOptions } from "@azure/core-rest-pipeline";
import type { Right } from "../lib/errors.ts";
import { type HttpAnswer, HttpSender, type RenewableCredential } from "../lib/http.ts";
import { createHttpClient } from "../lib/http-client.ts";
import type { RunContext } from "../lib/run-context.ts";
import { type Cloud, cloudFromMetadata, METADATA_PATH } from "./clouds.ts";

/** A request to Resource Manager. */
export interface ArmRequest {
  readonly doing: string;
  readonly method: "GET" | "POST" | "PUT";
  /** Path and query, starting with a slash. */
  readonly path: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly needs?: Right;
  /** GET is; a POST that only reads or is idempotent may say so; a PUT never is. */
  readonly resendable?: boolean;
}

/** One pool of connections, for the metadata and for what is asked after it. */
const client = createHttpClient();

/** The Resource Manager of one cloud, signed in. */
export class ArmClient {
  readonly origin: string;
  readonly #sender: HttpSender;

  constructor(cloud: Cloud, credential: RenewableCredential, subscriptionId: string, context: RunContext) {
    this.origin = cloud.resourceManager;
    const { pipeline } = createContainerService(credential, subscriptionId, {
      endpoint: cloud.resourceManager,
      credentials: { scopes: [cloud.scope] },
      userAgentOptions: { userAgentPrefix: USER_AGENT },
    });
    this.#sender = new HttpSender("Resource Manager", pipeline, client, context, "arm", { credential, scope: cloud.scope });
  }

  /** @throws ServiceError for any answer outside 2xx */
  send(request: ArmRequest): Promise<HttpAnswer> {
    const { path, headers, body, resendable = request.method === "GET", ...rest } = request;
    return this.#sender.send({
      ...rest,
      url: `${this.origin}${path}`,
      resendable,
      ...(body === undefined ? { headers: headers ?? {} } : { body, headers: { "content-type": "application/json", ...headers } }),
    });
  }
}

/** How the action names itself to Azure. */
const USER_AGENT = "istio-cni-aks";

/**
 * The cloud behind a Resource Manager endpoint, from its own metadata. No token is sent.
 *
 * @throws ServiceError where there is no Resource Manager
 */
export async function discoverCloud(endpoint: URL, context: RunContext): Promise<Cloud> {
  const pipeline = createPipelineFromOptions({ userAgentOptions: { userAgentPrefix: USER_AGENT } });
  const sender = new HttpSender("Resource Manager", pipeline, client, context, "arm");
  const answer = await sender.send({
    doing: `reading the endpoint metadata of ${endpoint.origin}`,
    method: "GET",
    url: `${endpoint.origin}${METADATA_PATH}`,
    resendable: true,
  });
  return cloudFromMetadata(endpoint, answer.json());
}
