/** Straight to the API server over HTTPS, with its own authority, in parallel over one connection pool. */
import { createPipeline } from "../../lib/http-pipeline.ts";
import { ServiceError } from "../../lib/errors.ts";
import { type HttpAnswer, HttpSender, type RenewableCredential } from "../../lib/http.ts";
import { bytesOf, createHttpClient } from "../../lib/http-client.ts";
import type { RunContext } from "../../lib/run-context.ts";
import type { ApiServer } from "./kubeconfig.ts";
import { type ListPage, readPage } from "../list-page.ts";
import { acceptFor, isProtobuf, openProtobufPage, refusalAsJson } from "../protobuf/answer.ts";
import { type Transport, PAGE_SIZE, runQuery } from "../run-query.ts";
import { parsePath } from "../resource-path.ts";
import { FIELD_MANAGER, type KubernetesApi, type Query, type Write, type WriteAnswer } from "../query.ts";

/** The Entra application that stands for every AKS cluster's API server. */
export const AKS_SCOPE = "6dae42f8-4368-4678-94ff-3960e28e3630/.default";

const TIMEOUT_MS = 60_000;
/** A server that is there answers in a fraction of this; one behind a firewall never does. */
const PING_TIMEOUT_MS = 5000;
/** A hostile or misconfigured server must not fill the log. */
const MAX_WARNINGS = 20;

export class DirectApi implements KubernetesApi {
  readonly transport = "direct";
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
    // With each request rather than as the SDK's tlsOptions, which it forgets where a proxy is between.
    pipeline.addPolicy({
      name: "clusterAuthority",
      sendRequest: (request, next) => {
        request.requestOverrides = { ...request.requestOverrides, ...tls };
        return next(request);
      },
    });
    // A refusal comes in whatever was asked for.
    pipeline.addPolicy({
      name: "refusalsInJson",
      sendRequest: async (request, next) => {
        const response = await next(request);
        const refusal = response.status >= 400 && isProtobuf(response.headers.get("content-type")) ? refusalAsJson(bytesOf(response)) : undefined;
        return refusal === undefined ? response : { request: response.request, status: response.status, headers: response.headers, bodyAsText: refusal };
      },
    });
    const signer = clientCertificate === undefined ? { credential, scope: AKS_SCOPE } : undefined;
    this.#sender = new HttpSender("Kubernetes", pipeline, createHttpClient(), context, "kubernetes", signer);
  }

  /**
   * Knocks, to find out soon whether the API server can be reached.
   *
   * @throws ServiceError where no answer came (then it has no status), and for an answer that is a refusal
   */
  async ping(): Promise<void> {
    await this.#sender.send({ doing: "reaching the API server", method: "GET", url: `${this.#server.url}/version`, resendable: true, retries: 0, timeoutMs: PING_TIMEOUT_MS });
  }

  async query(batch: readonly Query[]): Promise<void> {
    const transport: Transport = {
      object: async (query, path) => (await this.#request(query, path)).json(),
      page: (query, path, continueAt) => this.#page(query, path, continueAt),
    };
    await Promise.all(batch.map((query) => runQuery(query, transport, this.#context)));
  }

  async write(batch: readonly Write[]): Promise<readonly WriteAnswer[]> {
    return Promise.all(batch.map((write) => this.#send(write)));
  }

  async #send(write: Write): Promise<WriteAnswer> {
    const query = `?fieldManager=${FIELD_MANAGER}${write.dryRun ? "&dryRun=All" : ""}`;
    try {
      const answer = await this.#sender.send({
        doing: write.doing,
        method: write.verb === "create" ? "POST" : "PATCH",
        url: `${this.#server.url}${write.path}${query}`,
        headers: { "content-type": write.verb === "create" ? "application/json" : "application/merge-patch+json" },
        body: JSON.stringify(write.body),
        needs: write.needs,
        // A merge patch and a dry run may be sent twice; creating may not.
        resendable: write.dryRun || write.verb === "patch",
        timeoutMs: TIMEOUT_MS,
      });
      return { accepted: true, object: answer.json(), warnings: readWarnings(answer.header("warning")) };
    } catch (error) {
      this.#context.signal.throwIfAborted();
      if (!(error instanceof ServiceError)) throw error;
      return { accepted: false, failure: error.failure, remedy: error.remedy };
    }
  }

  async #page(query: Query, path: string, continueAt: string): Promise<ListPage | undefined> {
    const selectors = query.query === undefined ? "" : `&${query.query}`;
    const after = continueAt === "" ? "" : `&continue=${encodeURIComponent(continueAt)}`;
    const { resource } = parsePath(path, query.doing);
    const answer = await this.#request(query, `${path}?limit=${PAGE_SIZE}${selectors}${after}`, acceptFor(resource));
    if (isProtobuf(answer.header("content-type"))) return openProtobufPage(answer, resource);
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
    for (const warning of readWarnings(answer.header("warning"))) {
      if (this.warnings.size < MAX_WARNINGS) this.warnings.add(warning);
    }
    return answer;
  }
}

/** The texts of a Warning header (RFC 7234, code 299, as Kubernetes sends them). */
export function readWarnings(header: string | undefined): string[] {
  return [...(header ?? "").matchAll(/\b299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = ""]) => text.replace(/\\(.)/g, "$1"));
}
