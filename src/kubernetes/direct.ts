/** Straight to the API server over HTTPS, with its own authority, in parallel over one connection pool. */
import { bearerTokenAuthenticationPolicy, createPipelineFromOptions } from "@azure/core-rest-pipeline";
import type { TokenCredential } from "@azure/core-auth";
import { ServiceError } from "../errors.ts";
import { type HttpAnswer, HttpSender } from "../http.ts";
import { createHttpClient } from "../http-client.ts";
import type { RunContext } from "../run-context.ts";
import type { ApiServer } from "./kubeconfig.ts";
import { openPage } from "./list-page.ts";
import { FIELD_MANAGER, type KubernetesApi, type Question, type Write, type WriteAnswer } from "./question.ts";

/** The Entra application that stands for every AKS cluster's API server. */
export const AKS_SCOPE = "6dae42f8-4368-4678-94ff-3960e28e3630/.default";

const PAGE_SIZE = 500;
/** A continue token lives for minutes; a list that outlives it this often will not end. */
const MAX_RESTARTS = 3;
/** A million objects: a server that always knows another page will not end. */
const MAX_PAGES = 2000;
const TIMEOUT_MS = 60_000;
/** A server that is there answers in a fraction of this; one behind a firewall never does. */
const KNOCK_TIMEOUT_MS = 5000;
/** A hostile or misconfigured server must not fill the log. */
const MAX_WARNINGS = 20;

export class DirectApi implements KubernetesApi {
  readonly transport = "direct";
  readonly warnings = new Set<string>();
  readonly #sender: HttpSender;
  readonly #server: ApiServer;
  readonly #context: RunContext;

  constructor(server: ApiServer, credential: TokenCredential, context: RunContext) {
    this.#server = server;
    this.#context = context;
    const { ca, clientCertificate } = server;
    const tls = {
      ...(ca === undefined ? {} : { ca }),
      ...(clientCertificate === undefined ? {} : { cert: clientCertificate.certificate, key: clientCertificate.key }),
    };
    const pipeline = createPipelineFromOptions({ userAgentOptions: { userAgentPrefix: "istio-cni-aks" } });
    // With each request rather than as the SDK's tlsOptions, which it forgets where a proxy is between.
    pipeline.addPolicy({
      name: "clusterAuthority",
      sendRequest: (request, next) => {
        request.requestOverrides = { ...request.requestOverrides, ...tls };
        return next(request);
      },
    });
    if (clientCertificate === undefined) pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential, scopes: AKS_SCOPE }));
    this.#sender = new HttpSender("Kubernetes", pipeline, createHttpClient(), context, "kubernetes");
  }

  /**
   * Knocks, to find out soon whether the API server can be reached.
   *
   * @throws ServiceError where no answer came (then it has no status), and for an answer that is a refusal
   */
  async knock(): Promise<void> {
    await this.#sender.send({ doing: "reaching the API server", method: "GET", url: `${this.#server.url}/version`, resendable: true, retries: 0, timeoutMs: KNOCK_TIMEOUT_MS });
  }

  async ask(batch: readonly Question[]): Promise<void> {
    await Promise.all(batch.map((question) => this.#put(question)));
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

  async #put(question: Question): Promise<void> {
    try {
      if (question.verb === "get") await this.#get(question);
      else await this.#list(question);
      question.finish();
    } catch (error) {
      this.#context.signal.throwIfAborted();
      if (!(error instanceof ServiceError)) throw error;
      question.fail(`${error.doing}: ${error.message}`, error.remedy);
    }
  }

  async #get(question: Question): Promise<void> {
    question.restart();
    try {
      for (const path of question.paths) question.hear((await this.#request(question, path)).json());
    } catch (error) {
      if (error instanceof ServiceError && error.status === 404) return;
      throw error;
    }
  }

  async #list(question: Question): Promise<void> {
    for (let restarts = 0; ; restarts += 1) {
      question.restart();
      try {
        for (const path of question.paths) await this.#pages(question, path);
        return;
      } catch (error) {
        if (!(error instanceof ServiceError) || error.status !== 410 || restarts === MAX_RESTARTS) throw error;
        this.#context.log.info(`${question.doing}: the list changed too much to go on, starting over`);
      }
    }
  }

  async #pages(question: Question, path: string): Promise<void> {
    const selectors = question.query === undefined ? "" : `&${question.query}`;
    const start = `${path}?limit=${PAGE_SIZE}${selectors}`;
    let continueAt = "";
    let pages = 0;
    do {
      // The next page is asked for when this one is counted: two at once would take a third more memory and save a tenth of the time.
      const answer = await this.#request(question, continueAt === "" ? start : `${start}&continue=${encodeURIComponent(continueAt)}`);
      const list = openPage(answer);
      if (list === undefined) throw notKubernetes(question, answer);
      for (const item of list.items) question.hear(item);
      pages += 1;
      if (list.continueAt !== "" && (list.continueAt === continueAt || pages === MAX_PAGES)) throw notKubernetes(question, answer);
      continueAt = list.continueAt;
    } while (continueAt !== "");
  }

  async #request(question: Question, pathAndQuery: string): Promise<HttpAnswer> {
    const answer = await this.#sender.send({
      doing: question.doing,
      method: "GET",
      url: `${this.#server.url}${pathAndQuery}`,
      needs: question.needs,
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

function notKubernetes(question: Question, answer: HttpAnswer): ServiceError {
  return new ServiceError(
    { service: "Kubernetes", doing: question.doing, status: answer.status, code: "NotKubernetes", message: "it answered something that is not a list." },
    "Check that the API server's address leads to the cluster.",
  );
}
