/** The kubeconfig transport: the runner's kubectl and its current context, for clusters that only kubectl is set up to reach. */
import { ActionError, ServiceError } from "../../lib/errors.ts";
import { remedyFor } from "../../lib/error-table.ts";
import { parseJson } from "../../lib/json.ts";
import type { RunContext } from "../../lib/run-context.ts";
import type { RunProgram } from "../../lib/exec.ts";
import { StartingServer } from "../../lib/http/transient.ts";
import { getCall, type KubectlCall, REQUEST_TIMEOUT, writeCall } from "./arguments.ts";
import { runKubectl } from "./context.ts";
import { type KubectlRequest, readKubectlFailure, warningsIn } from "./errors.ts";
import { type ListPage, readPage } from "../list-page.ts";
import { pagePath } from "../paging.ts";
import { isResendable, Repetitions } from "../repetition.ts";
import { failedWrite, type KubernetesApi, type Query, type Write, type WriteResult } from "../query.ts";
import { type Transport, notKubernetes, runQuery } from "../run-query.ts";
import { addWarnings } from "../warnings.ts";

/** Each kubectl process uses some 50 MB. */
const MAX_PROCESSES = 4;

export class KubectlApi implements KubernetesApi {
  readonly transport = "kubeconfig";
  readonly answersInOrder = false;
  readonly warnings = new Set<string>();
  readonly #runProgram: RunProgram;
  readonly #context: RunContext;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  readonly #starting = new StartingServer();

  constructor(runProgram: RunProgram, context: RunContext) {
    this.#runProgram = runProgram;
    this.#context = context;
  }

  async query(batch: readonly Query[]): Promise<void> {
    const transport: Transport = {
      getObject: async (query, path) => this.#read(query, path, getCall(path, query.doing)),
      getPage: (query, path, continueToken) => this.#page(query, path, continueToken),
      getWhole: (query, path) => this.#page(query, path, "", 0),
      warn: (text) => addWarnings(this.warnings, [text]),
    };
    await Promise.all(batch.map((query) => runQuery(query, transport, this.#context)));
  }

  async write(batch: readonly Write[]): Promise<readonly WriteResult[]> {
    return Promise.all(batch.map((write) => this.#write(write)));
  }

  async #write(write: Write): Promise<WriteResult> {
    try {
      const call = writeCall(write);
      const send = () => this.#call(call, write);
      const { object, warnings } = await (isResendable(write) ? new Repetitions(this.#context, this.#starting).send(send) : send());
      return { accepted: true, object, warnings };
    } catch (error) {
      this.#context.signal.throwIfAborted();
      if (!(error instanceof ActionError)) throw error;
      return failedWrite(write, error);
    }
  }

  async #page(query: Query, path: string, continueToken: string, limit?: number): Promise<ListPage | undefined> {
    return readPage(await this.#read(query, path, { args: ["get", "--raw", pagePath(query, path, continueToken, limit), REQUEST_TIMEOUT], stdin: "" }));
  }

  async #read({ doing, needs }: Query, path: string, call: KubectlCall): Promise<unknown> {
    const { object, warnings } = await new Repetitions(this.#context, this.#starting).send(() => this.#call(call, { doing, path, needs }));
    addWarnings(this.warnings, warnings);
    return object;
  }

  async #call({ args, stdin }: KubectlCall, request: KubectlRequest): Promise<{ readonly object: unknown; readonly warnings: readonly string[] }> {
    const { exitCode, stdout, stderr } = await this.#limited(() => {
      this.#context.requests.kubernetes += 1;
      return runKubectl(this.#runProgram, this.#context, request.doing, args, stdin);
    });
    if (exitCode !== 0) {
      const failure = readKubectlFailure(stderr, exitCode, request);
      throw new ServiceError(failure, remedyFor(failure));
    }
    const object = parseJson(stdout);
    if (object === undefined) throw notKubernetes(request.doing, "the response is not JSON.");
    return { object, warnings: warningsIn(stderr) };
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
