/** Through the kubectl on this machine and its current context: for clusters that it reaches and this action would not. */
import { ActionError, type Failure, ServiceError } from "../errors.ts";
import { remedyFor } from "../error-table.ts";
import type { RunContext } from "../run-context.ts";
import type { RunTool } from "../run-tool.ts";
import { getCall, type KubectlCall, listPath, REQUEST_TIMEOUT, writeCall } from "./kubectl-arguments.ts";
import { runKubectl } from "./kubectl-context.ts";
import { type KubectlErrand, readKubectlFailure, warningsIn } from "./kubectl-words.ts";
import { type ListPage, readPage } from "./list-page.ts";
import { type Carrier, notKubernetes, PAGE_SIZE, putQuestion } from "./put-question.ts";
import type { KubernetesApi, Question, Write, WriteAnswer } from "./question.ts";

const MAX_WARNINGS = 20;
/** Each kubectl is a process of its own, of some 50 MB. */
const AT_ONCE = 4;

export class KubectlApi implements KubernetesApi {
  readonly transport = "kubeconfig";
  readonly warnings = new Set<string>();
  readonly #runTool: RunTool;
  readonly #context: RunContext;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(runTool: RunTool, context: RunContext) {
    this.#runTool = runTool;
    this.#context = context;
  }

  async ask(batch: readonly Question[]): Promise<void> {
    const carrier: Carrier = {
      object: async (question, path) => this.#read(question, path, getCall(path, question.doing)),
      page: async (question, path, continueAt) => this.#page(question, path, continueAt),
    };
    await Promise.all(batch.map((question) => putQuestion(question, carrier, this.#context)));
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

  #page(question: Question, path: string, continueAt: string): Promise<ListPage | undefined> {
    const after = continueAt === "" ? "" : `&continue=${encodeURIComponent(continueAt)}`;
    const page = `${listPath(question, path)}${PAGE_SIZE}${after}`;
    return this.#read(question, path, { args: ["get", "--raw", page, REQUEST_TIMEOUT], stdin: "" }).then(readPage);
  }

  async #read(question: Question, path: string, call: KubectlCall): Promise<unknown> {
    const { object, warnings } = await this.#call(call, { doing: question.doing, path, needs: question.needs });
    for (const warning of warnings) if (this.warnings.size < MAX_WARNINGS) this.warnings.add(warning);
    return object;
  }

  async #call({ args, stdin }: KubectlCall, errand: KubectlErrand): Promise<{ readonly object: unknown; readonly warnings: readonly string[] }> {
    const { exitCode, stdout, stderr } = await this.#inTurn(() => {
      this.#context.requests.kubernetes += 1;
      return runKubectl(this.#runTool, this.#context, errand.doing, args, stdin);
    });
    if (exitCode !== 0) {
      const failure = readKubectlFailure(stderr, exitCode, errand);
      throw new ServiceError(failure, remedyFor(failure));
    }
    try {
      return { object: JSON.parse(stdout), warnings: warningsIn(stderr) };
    } catch {
      throw notKubernetes(errand.doing, "it answered something that is not JSON.");
    }
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
