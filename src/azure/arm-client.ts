/** Resource Manager: raw JSON requests and the typed calls of the Azure SDK, all through one sender. */
import type { TokenCredential } from "@azure/core-auth";
import { createHttpHeaders, type HttpClient, type PipelineRequest } from "@azure/core-rest-pipeline";
import { ActionError, type Right } from "../lib/errors.ts";
import { type HttpAnswer, HttpSender, type RenewableCredential } from "../lib/http/http-sender.ts";
import { createPipeline } from "../lib/http/pipeline.ts";
import { createHttpClient } from "../lib/http/http-client.ts";
import type { RunContext } from "../lib/run-context.ts";
import { type Cloud, cloudFromMetadata, METADATA_PATH } from "./clouds.ts";
import { invalidAnswer } from "./invalid-answer.ts";

/** What the sender has to know of a request besides its content. */
interface ArmPurpose {
  /** A gerund phrase for errors: `reading the cluster demo`. */
  readonly doing: string;
  /** The right that a refusal names. */
  readonly needs?: Right;
  /** Whether the request may be sent again after a failure. Default: true for GET only. A PUT never is. */
  readonly resendable?: boolean;
}

/** A raw request to Resource Manager. */
export interface ArmRequest extends ArmPurpose {
  readonly method: "GET" | "POST" | "PUT";
  /** Path and query, starting with a slash. */
  readonly path: string;
  /** JSON. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A typed call of the SDK. */
export interface TypedCall extends ArmPurpose {
  /** What the SDK reads from the answer, as a noun phrase: `user credentials`. */
  readonly returns: string;
}

/** The result of a typed call, and the answer that the SDK read it from. */
export interface TypedResult<T> {
  readonly value: T;
  readonly answer: HttpAnswer;
}

/** What an SDK client is created with so that its requests go through the sender of an {@link ArmClient}. */
export interface SdkTransport {
  readonly endpoint: string;
  readonly httpClient: HttpClient;
  /** Gives no token: the sender signs the requests, and no SDK client gets to see a token. */
  readonly credential: TokenCredential;
}

const NO_TOKENS: TokenCredential = { getToken: () => Promise.resolve(null) };
/** One connection pool for the endpoint metadata and for all later requests. */
const sharedHttpClient = createHttpClient();

/** The Resource Manager of one cloud. Requests are signed with the credential. */
export class ArmClient {
  readonly origin: string;
  readonly #sender: HttpSender;

  constructor(cloud: Cloud, credential: RenewableCredential, context: RunContext, httpClient: HttpClient = sharedHttpClient) {
    this.origin = cloud.resourceManager;
    this.#sender = new HttpSender("Resource Manager", createPipeline(), httpClient, context, "arm", { credential, scope: cloud.scope });
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

  /**
   * Makes a typed call. The SDK client builds the request and reads the answer, and does nothing else: `operation` creates
   * it with the transport, without policies of its own (see `sdk-clients.ts`).
   *
   * @throws ServiceError as {@link send}, and `NotAzure` if the SDK cannot read the answer
   */
  async call<T>({ returns, ...purpose }: TypedCall, operation: (transport: SdkTransport) => Promise<T>): Promise<TypedResult<T>> {
    const answers: HttpAnswer[] = [];
    const sendRequest: HttpClient["sendRequest"] = async (request) => {
      const answer = await this.#sendFor(purpose, request);
      answers.push(answer);
      // The SDK's own error for a body that is not JSON repeats the body, which may hold secrets.
      if (answer.bytes.length > 0) answer.json();
      return { request, status: answer.status, headers: createHttpHeaders({ "content-type": "application/json" }), bodyAsText: answer.text };
    };
    let value: T;
    try {
      value = await operation({ endpoint: this.origin, httpClient: { sendRequest }, credential: NO_TOKENS });
    } catch (error) {
      // The sender throws only errors of ours. Any other error after an answer comes from reading the answer.
      const answer = answers.at(-1);
      throw error instanceof ActionError || answer === undefined ? error : answer.unreadable(returns, error);
    }
    const answer = answers.at(-1);
    if (answer === undefined) throw new TypeError(`${purpose.doing}: the SDK sent no request.`);
    return { value, answer };
  }

  /** Sends a request that an SDK client has built. */
  async #sendFor(purpose: ArmPurpose, { method, url, headers, body }: PipelineRequest): Promise<HttpAnswer> {
    // The SDK's helpers for pages and long operations follow any address that an answer names.
    if (pathAt(this.origin, url) === undefined) {
      throw invalidAnswer(purpose.doing, `its next address is at ${new URL(url).origin}, not at ${this.origin}, and is not followed.`);
    }
    return this.#sender.send({
      ...purpose,
      method,
      url,
      headers: headers.toJSON(),
      resendable: purpose.resendable ?? method === "GET",
      ...(typeof body === "string" ? { body } : {}),
    });
  }
}

/** Path and query of a URL at this origin; undefined for a URL elsewhere, and for a text that is not a URL. */
export function pathAt(origin: string, url: string): string | undefined {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  return parsed?.origin === origin ? `${parsed.pathname}${parsed.search}` : undefined;
}

/**
 * Reads the endpoints of a cloud from the metadata of its Resource Manager. No token is sent.
 *
 * @throws ServiceError if there is no Resource Manager at the endpoint
 */
export async function discoverCloud(endpoint: URL, context: RunContext): Promise<Cloud> {
  const sender = new HttpSender("Resource Manager", createPipeline(), sharedHttpClient, context, "arm");
  const answer = await sender.send({
    doing: `reading the endpoint metadata of ${endpoint.origin}`,
    method: "GET",
    url: `${endpoint.origin}${METADATA_PATH}`,
    resendable: true,
  });
  return cloudFromMetadata(endpoint, answer.json());
}
