/** The direct transport: HTTPS to the API server with the cluster's own authority, in parallel over one connection pool. */
import { createPipeline } from "../../lib/http/pipeline.ts";
import { ServiceError } from "../../lib/errors.ts";
import { type HttpAnswer, HttpSender, type RenewableCredential } from "../../lib/http/http-sender.ts";
import { bytesOf, createHttpClient } from "../../lib/http/http-client.ts";
import type { RunContext } from "../../lib/run-context.ts";
import type { ApiServer } from "./kubeconfig.ts";
import { type ListPage, readPage } from "../list-page.ts";
import { acceptHeaderFor, isProtobuf, readProtobufPage, statusAsJson } from "../protobuf/response.ts";
import { pagePath } from "../paging.ts";
import { failedWrite, type KubernetesApi, type Query, type Write, writeParameters, type WriteResult } from "../query.ts";
import { isResendable } from "../repetition.ts";
import { parsePath } from "../resource-path.ts";
import { type Transport, runQuery } from "../run-query.ts";
import { addWarnings } from "../warnings.ts";

/** The Entra application of the API servers of all AKS clusters. */
export const AKS_SCOPE = "6dae42f8-4368-4678-94ff-3960e28e3630/.default";

const TIMEOUT_MS = 60_000;
/** A reachable server responds in a fraction of this time. Behind a firewall there is no response at all. */
const PING_TIMEOUT_MS = 5000;

export class DirectApi implements KubernetesApi {
  readonly transport = "direct";
  readonly answersInOrder = false;
  readonly warnings = new Set<string>();
  readonly #sender: HttpSender;
  readonly #server: ApiServer;
  readonly #context: RunContext;

  constructor(server: ApiServer, credential: RenewableCredential, context: RunContext) {
    this.#server = server;
    this.#context = context;
    const { ca, clientCertificate } = server;
    const tls = {
      ...(ca === undefined ? {} : { ca }),
      ...(clientCertificate === undefined ? {} : { cert: clientCertificate.certificate, key: clientCertificate.key }),
    };
    const pipeline = createPipeline();
    // Set on each request, because the SDK ignores its tlsOptions if a proxy is used.
    pipeline.addPolicy({
      name: "clusterAuthority",
      sendRequest: (request, next) => {
        request.requestOverrides = { ...request.requestOverrides, ...tls };
        return next(request);
      },
    });
    // A refusal has the media type that the request accepts.
    pipeline.addPolicy({
      name: "refusalsAsJson",
      sendRequest: async (request, next) => {
        const response = await next(request);
        const refusal = response.status >= 400 && isProtobuf(response.headers.get("content-type")) ? statusAsJson(bytesOf(response)) : undefined;
        return refusal === undefined ? response : { request: response.request, status: response.status, headers: response.headers, bodyAsText: refusal };
      },
    });
    const signer = clientCertificate === undefined ? { credential, scope: AKS_SCOPE } : undefined;
    this.#sender = new HttpSender("Kubernetes", pipeline, createHttpClient(), context, "kubernetes", signer);
  }

  /**
   * Sends a request with a short timeout, to find out whether this runner reaches the API server.
   *
   * @throws ServiceError if there is no response (then it has no status), and for a refusal
   */
  async ping(): Promise<void> {
    await this.#sender.send({ doing: "reaching the API server", method: "GET", url: `${this.#server.url}/version`, resendable: true, retries: 0, timeoutMs: PING_TIMEOUT_MS });
  }

  async query(batch: readonly Query[]): Promise<void> {
    const transport: Transport = {
      getObject: async (query, path) => (await this.#request(query, path)).json(),
      getPage: (query, path, continueToken) => this.#page(query, path, continueToken),
      warn: (text) => addWarnings(this.warnings, [text]),
    };
    await Promise.all(batch.map((query) => runQuery(query, transport, this.#context)));
  }

  async write(batch: readonly Write[]): Promise<readonly WriteResult[]> {
    return Promise.all(batch.map((write) => this.#send(write)));
  }

  async #send(write: Write): Promise<WriteResult> {
    try {
      const answer = await this.#sender.send({
        doing: write.doing,
        method: write.verb === "create" ? "POST" : "PATCH",
        url: `${this.#server.url}${write.path}?${writeParameters(write)}`,
        headers: { "content-type": write.verb === "create" ? "application/json" : "application/merge-patch+json" },
        body: JSON.stringify(write.body),
        needs: write.needs,
        resendable: isResendable(write),
        timeoutMs: TIMEOUT_MS,
      });
      return { accepted: true, object: answer.json(), warnings: readWarnings(answer.header("warning")) };
    } catch (error) {
      this.#context.signal.throwIfAborted();
      if (!(error instanceof ServiceError)) throw error;
      return failedWrite(write, error);
    }
  }

  async #page(query: Query, path: string, continueToken: string): Promise<ListPage | undefined> {
    const { resource } = parsePath(path, query.doing);
    const answer = await this.#request(query, pagePath(query, path, continueToken), acceptHeaderFor(resource));
    if (isProtobuf(answer.header("content-type"))) return readProtobufPage(answer, resource);
    const page = readPage(answer.json());
    answer.release();
    return page;
  }

  async #request(query: Query, pathAndQuery: string, accept = "application/json"): Promise<HttpAnswer> {
    const answer = await this.#sender.send({
      doing: query.doing,
      method: "GET",
      url: `${this.#server.url}${pathAndQuery}`,
      headers: { accept },
      needs: query.needs,
      resendable: true,
      timeoutMs: TIMEOUT_MS,
    });
    addWarnings(this.warnings, readWarnings(answer.header("warning")));
    return answer;
  }
}

/** The texts of a Warning header (RFC 7234, code 299, as Kubernetes sends them). */
export function readWarnings(header: string | undefined): string[] {
  return [...(header ?? "").matchAll(/\b299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = ""]) => text.replace(/\\(.)/g, "$1"));
}
