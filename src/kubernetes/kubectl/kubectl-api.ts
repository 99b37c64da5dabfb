/** The kubeconfig transport: the runner's kubectl and its current context, for clusters that only kubectl is set up to reach. */
import { ActionError, type Failure, ServiceError } from "../../lib/errors.ts";
import { remedyFor } from "../../lib/error-table.ts";
import { parseJson } from "../../lib/json.ts";
import type { RunContext } from "../../lib/run-context.ts";
import type { ProgramResult, RunProgram } from "../../lib/exec.ts";
import { STARTING_MS } from "../../lib/http/http-sender.ts";
import { getCall, type KubectlCall, REQUEST_TIMEOUT, writeCall } from "./arguments.ts";
import { runKubectl } from "./context.ts";
import { type KubectlRequest, readKubectlFailure, warningsIn } from "./errors.ts";
import { type ListPage, readPage } from "../list-page.ts";
import { pagePath } from "../paging.ts";
import { failedWrite, type KubernetesApi, type Query, type Write, type WriteResult } from "../query.ts";
import { type Transport, notKubernetes, runQuery } from "../run-query.ts";
import { addWarnings } from "../warnings.ts";

/** Pauses before a call is repeated. kubectl itself does not repeat a request whose connection broke. */
const PAUSES_MS = [1000, 2000, 4000, 8000];
/** Each kubectl process uses some 50 MB. */
const MAX_PROCESSES = 4;

export class KubectlApi implements KubernetesApi {
  readonly transport = "kubeconfig";
  readonly warnings = new Set<string>();
  readonly #runProgram: RunProgram;
  readonly #context: RunContext;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  /** When the API server last gave no answer. */
  #unansweredAt = Number.NEGATIVE_INFINITY;

  constructor(runProgram: RunProgram, context: RunContext) {
    this.#runProgram = runProgram;
    this.#context = context;
  }

  async query(batch: readonly Query[]): Promise<void> {
    const transport: Transport = {
      getObject: async (query, path) => this.#read(query, path, getCall(path, query.doing)),
      getPage: (query, path, continueToken) => this.#page(query, path, continueToken),
    };
    await Promise.all(batch.map((query) => runQuery(query, transport, this.#context)));
  }

  async write(batch: readonly Write[]): Promise<readonly WriteResult[]> {
    return Promise.all(batch.map((write) => this.#write(write)));
  }

  async #write(write: Write): Promise<WriteResult> {
    try {
      const { object, warnings } = await this.#call(writeCall(write), write);
      return { accepted: true, object, warnings };
    } catch (error) {
      this.#context.signal.throwIfAborted();
      if (!(error instanceof ActionError)) throw error;
      return failedWrite(write, error);
    }
  }

  async #page(query: Query, path: string, continueToken: string): Promise<ListPage | undefined> {
    return readPage(await this.#read(query, path, { args: ["get", "--raw", pagePath(query, path, continueToken), REQUEST_TIMEOUT], stdin: "" }));
  }

  async #read({ doing, needs }: Query, path: string, call: KubectlCall): Promise<unknown> {
    const { object, warnings } = await this.#call(call, { doing, path, needs });
    addWarnings(this.warnings, warnings);
    return object;
  }

  async #call({ args, stdin }: KubectlCall, request: KubectlRequest): Promise<{ readonly object: unknown; readonly warnings: readonly string[] }> {
    const { stdout, stderr } = await this.#succeed(args, stdin, request);
    const object = parseJson(stdout);
    if (object === undefined) throw notKubernetes(request.doing, "the response is not JSON.");
    return { object, warnings: warningsIn(stderr) };
  }

  /** Calls kubectl, and again where the connection was lost: reads, merge patches and dry runs can be repeated safely. @throws ServiceError for the last failure */
  async #succeed(args: readonly string[], stdin: string, request: KubectlRequest): Promise<ProgramResult> {
    const { clock, log, requests, signal } = this.#context;
    for (let attempt = 0; ; attempt += 1) {
      const result = await this.#limited(() => {
        requests.kubernetes += 1;
        return runKubectl(this.#runProgram, this.#context, request.doing, args, stdin);
      });
      if (result.exitCode === 0) return result;
      const failure = readKubectlFailure(result.stderr, result.exitCode, request);
      const pause = PAUSES_MS[attempt];
      if (pause === undefined || !this.#isTransient(failure)) throw new ServiceError(failure, remedyFor(failure));
      requests.retried += 1;
      log.info(`Kubernetes failed (${failure.code}): trying again in ${pause / 1000} s`);
      await clock.sleep(pause, signal);
    }
  }

  /** Whether the API server gave no answer, or has just started and refuses everybody. */
  #isTransient({ status, code }: Failure): boolean {
    const now = this.#context.clock.now();
    const isUnanswered = status === 503 || code === "ECONNRESET" || code === "ECONNREFUSED";
    if (isUnanswered) this.#unansweredAt = now;
    return isUnanswered || (status === 403 && now - this.#unansweredAt < STARTING_MS);
  }

  /** Runs at most {@link MAX_PROCESSES} at the same time. */
  async #limited<T>(run: () => Promise<T>): Promise<T> {
    while (this.#running >= MAX_PROCESSES) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running += 1;
    try {
      return await run();
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }
}
