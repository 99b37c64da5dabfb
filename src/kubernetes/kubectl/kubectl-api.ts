/** Through the kubectl on this machine and its current context: for clusters that it reaches and this action would not. */
import { ActionError, type Failure, ServiceError } from "../../lib/errors.ts";
import { remedyFor } from "../../lib/error-table.ts";
import { parseJson } from "../../lib/json.ts";
import type { RunContext } from "../../lib/run-context.ts";
import type { RunProgram } from "../../lib/exec.ts";
import { getCall, type KubectlCall, listPath, REQUEST_TIMEOUT, writeCall } from "./arguments.ts";
import { runKubectl } from "./context.ts";
import { type KubectlRequest, readKubectlFailure, warningsIn } from "./errors.ts";
import { type ListPage, readPage } from "../list-page.ts";
import { type Transport, notKubernetes, PAGE_SIZE, runQuery } from "../run-query.ts";
import type { KubernetesApi, Query, Write, WriteAnswer } from "../query.ts";

const MAX_WARNINGS = 20;
/** Each kubectl is a process of its own, of some 50 MB. */
const AT_ONCE = 4;

export class KubectlApi implements KubernetesApi {
  readonly transport = "kubeconfig";
  readonly warnings = new Set<string>();
  readonly #runProgram: RunProgram;
  readonly #context: RunContext;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(runProgram: RunProgram, context: RunContext) {
    this.#runProgram = runProgram;
    this.#context = context;
  }

  async query(batch: readonly Query[]): Promise<void> {
    const transport: Transport = {
      object: async (query, path) => this.#read(query, path, getCall(path, query.doing)),
      page: async (query, path, continueAt) => this.#page(query, path, continueAt),
    };
    await Promise.all(batch.map((query) => runQuery(query, transport, this.#context)));
  }

  async write(batch: readonly Write[]): Promise<readonly WriteAnswer[]> {
    return Promise.all(batch.map((write) => this.#send(write)));
  }

  async #send(write: Write): Promise<WriteAnswer> {
    try {
      const { object, warnings } = await this.#call(writeCall(write), { doing: write.doing, path: write.path, needs: write.needs });
      return { accepted: true, object, warnings };
    } catch (error) {
      this.#context.signal.throwIfAborted();
      if (!(error instanceof ActionError)) throw error;
      const failure: Failure = error instanceof ServiceError ? error.failure : { service: "Kubernetes", doing: write.doing, code: error.code, message: error.message, needs: write.needs };
      return { accepted: false, failure, remedy: error.remedy };
    }
  }

  #page(query: Query, path: string, continueAt: string): Promise<ListPage | undefined> {
    const after = continueAt === "" ? "" : `&continue=${encodeURIComponent(continueAt)}`;
    const page = `${listPath(query, path)}${PAGE_SIZE}${after}`;
    return this.#read(query, path, { args: ["get", "--raw", page, REQUEST_TIMEOUT], stdin: "" }).then(readPage);
  }

  async #read(query: Query, path: string, call: KubectlCall): Promise<unknown> {
    const { object, warnings } = await this.#call(call, { doing: query.doing, path, needs: query.needs });
    for (const warning of warnings) if (this.warnings.size < MAX_WARNINGS) this.warnings.add(warning);
    return object;
  }

  async #call({ args, stdin }: KubectlCall, progress: KubectlRequest): Promise<{ readonly object: unknown; readonly warnings: readonly string[] }> {
    const { exitCode, stdout, stderr } = await this.#inTurn(() => {
      this.#context.requests.kubernetes += 1;
      return runKubectl(this.#runProgram, this.#context, progress.doing, args, stdin);
    });
    if (exitCode !== 0) {
      const failure = readKubectlFailure(stderr, exitCode, progress);
      throw new ServiceError(failure, remedyFor(failure));
    }
    const object = parseJson(stdout);
    if (object === undefined) throw notKubernetes(progress.doing, "it answered something that is not JSON.");
    return { object, warnings: warningsIn(stderr) };
  }

  /** No more than a few at once. */
  async #inTurn<T>(run: () => Promise<T>): Promise<T> {
    while (this.#running >= AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running += 1;
    try {
      return await run();
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }
}
