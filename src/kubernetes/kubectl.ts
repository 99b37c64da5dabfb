/** Through the kubectl on this machine and its current context: for clusters that it reaches and this action would not. */
import { ActionError, type Failure, ServiceError } from "../errors.ts";
import { remedyFor } from "../error-table.ts";
import type { RunContext } from "../run-context.ts";
import type { RunTool } from "../run-tool.ts";
import { getCall, type KubectlCall, listPath, REQUEST_TIMEOUT, writeCall } from "./kubectl-arguments.ts";
import { runKubectl } from "./kubectl-context.ts";
import { type KubectlErrand, readKubectlFailure, warningsIn } from "./kubectl-words.ts";
import { readPage } from "./list-page.ts";
import type { KubernetesApi, Question, Write, WriteAnswer } from "./question.ts";

const PAGE_SIZE = 500;
const MAX_RESTARTS = 3;
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
    await Promise.all(batch.map((question) => this.#put(question)));
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

  async #put(question: Question): Promise<void> {
    try {
      if (question.verb === "get") await this.#get(question);
      else await this.#list(question);
      question.finish();
    } catch (error) {
      this.#context.signal.throwIfAborted();
      if (!(error instanceof ActionError)) throw error;
      question.fail(`${question.doing}: ${error.message}`, error.remedy);
    }
  }

  async #get(question: Question): Promise<void> {
    question.restart();
    try {
      for (const path of question.paths) question.hear(await this.#read(question, path, getCall(path, question.doing)));
    } catch (error) {
      if (!(error instanceof ServiceError) || error.status !== 404) throw error;
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
    const start = `${listPath(question, path)}${PAGE_SIZE}`;
    let continueAt = "";
    do {
      const page = continueAt === "" ? start : `${start}&continue=${encodeURIComponent(continueAt)}`;
      const list = readPage(await this.#read(question, path, { args: ["get", "--raw", page, REQUEST_TIMEOUT], stdin: "" }));
      if (list === undefined || (list.continueAt !== "" && list.continueAt === continueAt)) throw notKubernetes(question.doing, "it answered something that is not a list.");
      for (const item of list.items) question.hear(item);
      continueAt = list.continueAt;
    } while (continueAt !== "");
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

function notKubernetes(doing: string, message: string): ServiceError {
  return new ServiceError({ service: "Kubernetes", doing, status: 200, code: "NotKubernetes", message }, "Check that kubectl's current context leads to the cluster.");
}
