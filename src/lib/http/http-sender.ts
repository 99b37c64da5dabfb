/**
 * Sends HTTP requests to Resource Manager and Kubernetes through the Azure SDK's pipeline, with the action's own rules for retries,
 * timeouts and redirects.
 */
import type { TokenCredential } from "@azure/core-auth";
import {
    bearerTokenAuthenticationPolicy, bearerTokenAuthenticationPolicyName, createHttpHeaders, createPipelineRequest,
    type HttpClient, type HttpMethods,
    isRestError,
    type Pipeline, type PipelinePolicy, type PipelineRequest, type PipelineResponse,
    RestError,
    retryPolicy,
    type RetryStrategy,
} from "@azure/core-rest-pipeline";
import { duration } from "../duration.ts";
import { remedyFor } from "../error-table.ts";
import { type Failure, type Right, type Service, ServiceError } from "../errors.ts";
import { withoutSecrets } from "../redaction.ts";
import type { RunContext } from "../run-context.ts";
import { bytesOf, releaseMemory } from "./http-client.ts";
import { readError } from "./read-error.ts";
import { retryAfter } from "./retry-after.ts";
import { backOff, isTransient, MAX_RETRIES, StartingServer } from "./transient.ts";

/** A request. */
export interface HttpRequest {
  /** A gerund phrase for errors: `reading the cluster demo`. */
  readonly doing: string;
  readonly method: HttpMethods;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The right that the error for a refusal names. */
  readonly needs?: Right;
  /** False: only a 429 and the first 401 are retried, because after any other error the service may have carried out the request. */
  readonly resendable: boolean;
  readonly timeoutMs?: number;
  /** The maximum number of retries. Default: {@link MAX_RETRIES}, and no maximum for 429. */
  readonly retries?: number;
}

/** An answer with status 2xx. */
export interface HttpAnswer {
  readonly status: number;
  header(name: string): string | undefined;
  readonly text: string;
  /** The body. */
  readonly bytes: Buffer;
  /** The body as JSON. @throws ServiceError `NotAzure` if it is not JSON */
  json(): unknown;
  /** Creates the error `NotAzure` for a body that is not of this kind, such as `JSON`. */
  unreadable(kind: string, cause?: unknown): ServiceError;
  /** Frees the memory of a long body: `bytes` is empty afterwards. */
  release(): void;
}

/** A credential whose tokens can be discarded before they expire. */
export interface RenewableCredential extends TokenCredential {
  /** Discards a token that a service refused, so that the next request gets a new one. No effect if it was replaced already. */
  discard(token: string): void;
}

/** The credential that signs requests, and its scope. */
export interface Signer {
  readonly credential: RenewableCredential;
  readonly scope: string;
}

/**
 * The longest total wait of one request because of 429. Resource Manager refills a subscription's quota by one read a second, which
 * all checks of a fleet share.
 */
const LONGEST_THROTTLED_MS = 10 * 60_000;
/** The longest random delay after the requested pause: clients that were throttled together should not retry together. */
const LONGEST_SPREAD_MS = 10_000;
/** Interval of log lines about retries after the first few. */
const HEARTBEAT_MS = 60_000;
const FIRST_LINES = 3;
const REQUEST_TIMEOUT_MS = 100_000;

/** Sends requests of one service through one pipeline. */
export class HttpSender {
  readonly #resendable = new WeakSet<PipelineRequest>();
  readonly #timeouts = new WeakMap<PipelineRequest, number>();
  readonly #retries = new WeakMap<PipelineRequest, number>();
  readonly #sentAt = new WeakMap<PipelineRequest, number>();
  readonly #service: Service;
  readonly #pipeline: Pipeline;
  readonly #client: HttpClient;
  readonly #context: RunContext;
  readonly #signer: Signer | undefined;
  #signing: PipelinePolicy | undefined;
  readonly #starting = new StartingServer();

  /**
   * @param pipeline of the SDK; its retry, redirect and signing policies are replaced
   * @param counter the run's counter for its requests
   * @param signer undefined if requests are not signed with a token
   */
  constructor(service: Service, pipeline: Pipeline, client: HttpClient, context: RunContext, counter: "arm" | "kubernetes", signer?: Signer) {
    this.#service = service;
    this.#signer = signer;
    this.#renewSigning();
    this.#pipeline = pipeline;
    this.#client = client;
    this.#context = context;
    pipeline.removePolicy({ name: "defaultRetryPolicy" });
    // Tokens are sent only to the configured endpoints: redirects are not followed.
    pipeline.removePolicy({ name: "redirectPolicy" });
    pipeline.removePolicy({ name: bearerTokenAuthenticationPolicyName });
    pipeline.addPolicy({ name: "signing", sendRequest: (request, next) => this.#signing?.sendRequest(request, next) ?? next(request) });
    pipeline.addPolicy(retryPolicy([this.#retryStrategy()], { maxRetries: Number.MAX_SAFE_INTEGER }), { phase: "Retry" });
    pipeline.addPolicy(
      {
        name: "countAndTimeout",
        sendRequest: async (request, next) => {
          context.requests[counter] += 1;
          context.log.debug(`${request.method} ${withoutQuery(request.url)}`);
          const timeoutMs = this.#timeouts.get(request) ?? REQUEST_TIMEOUT_MS;
          const late = context.clock.timeout(timeoutMs);
          request.abortSignal = AbortSignal.any([context.signal, late]);
          try {
            return await next(request);
          } catch (error) {
            if (!late.aborted || context.signal.aborted) throw error;
            throw new RestError(`no answer within ${duration(timeoutMs)}`, { code: "RequestTimeout", request });
          } finally {
            request.abortSignal = context.signal;
          }
        },
      },
      { afterPhase: "Sign" },
    );
  }

  /** The SDK's policy caches its token until it expires. To drop a refused token, the policy is replaced. */
  #renewSigning(): void {
    if (this.#signer === undefined) return;
    const { credential, scope } = this.#signer;
    this.#signing = bearerTokenAuthenticationPolicy({ credential, scopes: scope });
  }

  /**
   * Sends a request and returns its answer. After a 401 the request is sent once more with a new token. This is safe for writes too:
   * a request without access changes nothing.
   *
   * @throws ServiceError for any status outside 2xx, and if there is no answer
   * @throws the reason of the run's signal if the run is cancelled or reaches its deadline
   */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    let response = await this.#exchange(request);
    const refused = /^Bearer (.+)$/i.exec(response.request.headers.get("authorization") ?? "")?.[1];
    if (response.status === 401 && this.#signer !== undefined && refused !== undefined) {
      const { code } = readError(401, response.bodyAsText ?? "");
      this.#context.log.info(`${request.doing}: ${this.#service} answered 401 (${withoutSecrets(code)}); trying once more with a new token`);
      this.#context.requests.retried += 1;
      this.#signer.credential.discard(refused);
      this.#renewSigning();
      response = await this.#exchange(request);
    }
    return this.#read(request, response);
  }

  /** Sends a request, with retries, and returns the last answer, whatever its status. */
  async #exchange(request: HttpRequest): Promise<PipelineResponse> {
    this.#context.signal.throwIfAborted();
    const sent = createPipelineRequest({
      url: request.url,
      method: request.method,
      headers: createHttpHeaders({ accept: "application/json", ...request.headers }),
      ...(request.body === undefined ? {} : { body: request.body }),
      abortSignal: this.#context.signal,
    });
    this.#sentAt.set(sent, this.#context.clock.now());
    if (request.resendable) this.#resendable.add(sent);
    if (request.timeoutMs !== undefined) this.#timeouts.set(sent, request.timeoutMs);
    if (request.retries !== undefined) this.#retries.set(sent, request.retries);
    try {
      return await this.#pipeline.sendRequest(this.#client, sent);
    } catch (error) {
      this.#context.signal.throwIfAborted();
      if (error instanceof ServiceError) throw error;
      if (!isRestError(error)) throw error;
      const basis = { service: this.#service, doing: request.doing, needs: request.needs };
      throw failed({ ...basis, code: error.code ?? "REQUEST_SEND_ERROR", message: error.message }, error);
    }
  }

  #read(request: HttpRequest, response: PipelineResponse): HttpAnswer {
    const basis = { service: this.#service, doing: request.doing, needs: request.needs };
    const bytes = bytesOf(response);
    const header = (name: string): string | undefined => response.headers.get(name);
    const correlationId = header("x-ms-correlation-request-id") ?? header("x-ms-request-id") ?? header("audit-id");
    const { status } = response;
    this.#context.log.debug(`${request.method} ${withoutQuery(request.url)} answered ${status}`);
    if (status >= 300 && status < 400) {
      const location = header("location") ?? "nowhere";
      throw failed({ ...basis, status, correlationId, code: "NotAzure", message: `it redirects to ${withoutQuery(location)}, which is not followed.` });
    }
    if (status < 200 || status >= 300) throw failed({ ...basis, status, correlationId, ...readError(status, bytes.toString("utf8")) });
    const unreadable = (kind: string, cause?: unknown): ServiceError => {
      const message = `it answered ${bytes.length === 0 ? "nothing" : "something"} that is not ${kind} (content type ${header("content-type") ?? "unknown"}).`;
      return failed({ ...basis, status, correlationId, code: "NotAzure", message }, cause);
    };
    const json = (): unknown => {
      try {
        return JSON.parse(bytes.toString("utf8"));
      } catch (error) {
        throw unreadable("JSON", error);
      }
    };
    return {
      status,
      header,
      bytes,
      get text() {
        return bytes.toString("utf8");
      },
      json,
      unreadable,
      release: () => releaseMemory(bytes),
    };
  }

  /** Retries transient errors with growing pauses, within the time of the run. */
  #retryStrategy(): RetryStrategy {
    const context = this.#context;
    return {
      name: "transient",
      retry: ({ retryCount, response, responseError }) => {
        const request = response?.request ?? responseError?.request;
        const status = response?.status;
        const code = responseError?.code ?? "";
        if (request === undefined) return { skipStrategy: true };
        const throttled = status === 429;
        const failure = { service: this.#service, status, code, message: response?.bodyAsText ?? "" };
        const now = context.clock.now();
        const isStarting = this.#starting.explains(failure, now);
        const again = throttled || isStarting || (this.#resendable.has(request) && isTransient(failure, retryCount));
        const most = this.#retries.get(request) ?? (throttled ? Number.POSITIVE_INFINITY : MAX_RETRIES);
        if (!again || retryCount >= most) return { skipStrategy: true };
        const asked = response === undefined ? undefined : retryAfter((name) => response.headers.get(name), now);
        const backoff = backOff(isStarting ? 0 : retryCount, context.random);
        const spread = throttled && retryCount > 0 ? Math.min(LONGEST_SPREAD_MS, backoff) * context.random() : 0;
        const pause = asked === undefined ? backoff : asked + spread;
        const waitedMs = now - (this.#sentAt.get(request) ?? now);
        if (now + pause >= context.deadlineAt || (throttled && waitedMs + pause > LONGEST_THROTTLED_MS)) return { skipStrategy: true };
        context.requests.retried += 1;
        const isNews = retryCount < FIRST_LINES || Math.floor(waitedMs / HEARTBEAT_MS) < Math.floor((waitedMs + pause) / HEARTBEAT_MS);
        if (isNews) context.log.info(`${this.#service} ${status === undefined ? `failed (${code})` : `answered ${status}`}: trying again in ${Math.ceil(pause / 1000)} s`);
        return { retryAfterInMs: pause };
      },
    };
  }
}

function failed(failure: Failure, cause?: unknown): ServiceError {
  return new ServiceError(failure, remedyFor(failure), cause);
}

/** Queries are not logged: they may be long and may contain signatures. */
function withoutQuery(url: string): string {
  return url.split("?", 1)[0] ?? "";
}
