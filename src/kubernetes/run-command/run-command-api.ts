/**
 * To the API server of a cluster that cannot be reached from here: a batch becomes one command, which Azure runs in a pod of
 * the cluster. A command takes seconds whatever it does, so there are as few as the length of its output allows.
 */
import { randomBytes } from "node:crypto";
import { ActionError, type Failure, ServiceError } from "../../lib/errors.ts";
import { remedyFor } from "../../lib/error-table.ts";
import type { RunContext } from "../../lib/run-context.ts";
import { writeCall } from "../kubectl/arguments.ts";
import { readKubectlFailure, warningsIn } from "../kubectl/errors.ts";
import { projectionOf } from "./projections.ts";
import type { KubernetesApi, Query, Write, WriteAnswer } from "../query.ts";
import { QueryProgress } from "./query-progress.ts";
import { parsePath } from "../resource-path.ts";
import { compile, MAX_COMMAND, OUTPUT_BUDGET, type ScriptRequest } from "./script.ts";
import { readOutput, type ScriptAnswer } from "./script-output.ts";

/** How a command ended that could be started. */
export interface CommandResult {
  readonly exitCode: number;
  /** What it printed, cut at 512 kB. */
  readonly logs: string;
}

/** Runs a command in a pod of the cluster. Rejects with an ActionError where it cannot be run, or did not end well. */
export type RunInCluster = (command: string) => Promise<CommandResult>;

/** Objects a page: jq holds one page in the memory of a small pod. */
const PAGE_SIZE = 250;
const MAX_WARNINGS = 20;

/** A part of the output is no answer. */
class OutputCut extends ActionError {}

export class RunCommandApi implements KubernetesApi {
  readonly transport = "run-command";
  readonly warnings = new Set<string>();
  readonly #run: RunInCluster;
  readonly #context: RunContext;
  readonly #because: string;
  /** What a command may print; less once an output was cut although it kept to that. */
  #budget = OUTPUT_BUDGET;

  /** @param because why nothing else would do, told with every failure of a command; may be empty */
  constructor(run: RunInCluster, context: RunContext, because: string) {
    this.#run = run;
    this.#context = context;
    this.#because = because;
  }

  async query(batch: readonly Query[]): Promise<void> {
    const pending = batch.map((query) => new QueryProgress(query, this.#context));
    try {
      for (;;) {
        const open = pending.flatMap((progress) => progress.requests().map((request) => ({ progress, request })));
        if (open.length === 0) return;
        const asked = fitting(open, ({ request }) => request.script);
        const answers = await this.#answers(
          asked.map(({ request }) => request.script),
          `asking ${asked.length === 1 ? "a question" : `${asked.length} questions`}`,
        );
        let moved = false;
        for (const [id, { progress, request }] of asked.entries()) {
          const its = answers.filter((answer) => answer.id === id);
          moved = progress.take(request, its) || moved;
          for (const answer of its) this.#hearWarnings(answer);
        }
        if (!moved) throw this.#failure("NoProgress", "asking the cluster", "the command answered none of the questions.");
      }
    } catch (error) {
      const told = this.#told(error);
      for (const progress of pending) progress.fail(told);
    }
  }

  async write(batch: readonly Write[]): Promise<readonly WriteAnswer[]> {
    const answers: (WriteAnswer | undefined)[] = batch.map(() => undefined);
    const open: { readonly at: number; readonly write: Write; readonly script: ScriptRequest }[] = [];
    for (const [at, write] of batch.entries()) {
      try {
        open.push({ at, write, script: { kind: "write", call: writeCall(write), filter: projectionOf(parsePath(write.path, write.doing).resource) } });
      } catch (error) {
        answers[at] = notAnswered(write, this.#told(error));
      }
    }
    while (open.length > 0) {
      const sent = fitting(open, ({ script }) => script);
      try {
        const said = await this.#answers(
          sent.map(({ script }) => script),
          sent[0]?.write.doing ?? "",
        );
        const later = new Set(said.flatMap((answer) => (answer.kind === "later" ? [answer.id] : [])));
        if (later.size >= sent.length) throw this.#failure("NoProgress", "writing to the cluster", "the command carried out none of the requests.");
        for (const [id, { at, write }] of sent.entries()) {
          if (!later.has(id)) answers[at] = readWriteAnswer(write, said.find((answer) => answer.id === id));
        }
        open.splice(0, sent.length, ...sent.filter((_, id) => later.has(id)));
      } catch (error) {
        // Nobody knows what was carried out: none of it is sent again.
        const told = this.#told(error);
        for (const { at, write } of open.splice(0)) answers[at] = notAnswered(write, told);
      }
    }
    return answers.map((answer, at) => answer ?? notAnswered(batch[at], this.#failure("NoAnswer", "writing to the cluster", "there is no answer.")));
  }

  /** Runs one command. Reading may be repeated with a smaller budget where the output was cut; writing never is. */
  async #answers(requests: readonly ScriptRequest[], doing: string): Promise<readonly ScriptAnswer[]> {
    try {
      return await this.#once(requests, doing);
    } catch (error) {
      if (!(error instanceof OutputCut) || requests.some(({ kind }) => kind === "write")) throw error;
      this.#budget = Math.floor(this.#budget / 4);
      this.#context.log.info(`${error.message} Asking again for less at a time.`);
      return this.#once(requests, doing);
    }
  }

  async #once(requests: readonly ScriptRequest[], doing: string): Promise<readonly ScriptAnswer[]> {
    const { signal, requests: counted, log } = this.#context;
    signal.throwIfAborted();
    const nonce = randomBytes(16).toString("hex");
    const command = compile(requests, { nonce, budget: this.#budget, pageSize: PAGE_SIZE });
    log.debug(`run command: ${doing}, ${command.length} characters`);
    const { exitCode, logs } = await this.#run(command);
    signal.throwIfAborted();
    if (exitCode !== 0) throw this.#failure("RunCommandFailed", doing, `the command ended with exit code ${exitCode}: ${lastWords(logs)}`);
    const output = readOutput(logs, nonce, requests.length);
    switch (output.kind) {
      case "missing":
        throw this.#failure("RunCommandIncomplete", doing, `the run command's shell has no ${output.program}.`);
      case "unusable":
        throw new OutputCut({ code: "RunCommandCut", doing, message: `the output of the run command (${logs.length} characters) cannot be used: ${output.why}`, remedy: REMEDY });
      case "whole":
        counted.kubernetes += output.answers.filter(({ kind }) => kind === "answer").length;
        return output.answers;
    }
  }

  #hearWarnings(answer: ScriptAnswer): void {
    if (answer.kind !== "answer") return;
    for (const warning of warningsIn(answer.stderr)) if (this.warnings.size < MAX_WARNINGS) this.warnings.add(warning);
  }

  #failure(code: string, doing: string, message: string): ActionError {
    return new ActionError({ code, doing, message, remedy: REMEDY });
  }

  /** An error as it is told of a question; rethrows what ends the run. */
  #told(error: unknown): ActionError {
    this.#context.signal.throwIfAborted();
    if (!(error instanceof ActionError)) throw error;
    if (error.code === "Timeout" && this.#context.clock.now() >= this.#context.deadlineAt) throw error;
    if (this.#because === "" || error.code === "InvalidName") return error;
    const { code, doing, message, remedy, correlationId } = error;
    return new ActionError({ code, doing, message: `${message} (${this.#because})`, remedy, correlationId, cause: error });
  }
}

const REMEDY = "Run again; if it keeps happening, this is a bug worth reporting. kube-access: direct needs a runner that reaches the API server, and no run command.";

/** As many from the front as one command may hold, at least one. */
function fitting<T>(items: readonly T[], requestOf: (item: T) => ScriptRequest): readonly T[] {
  let length = 0;
  const filters = new Set<string>();
  const beyond = items.findIndex((item, index) => {
    const request = requestOf(item);
    length += 200 + (request.kind === "list" ? request.path.length + request.continueAt.length : 2 * JSON.stringify(request.call).length);
    if (!filters.has(request.filter)) length += 1500 + request.filter.length;
    filters.add(request.filter);
    return index > 0 && length > MAX_COMMAND;
  });
  return beyond === -1 ? items : items.slice(0, beyond);
}

function readWriteAnswer(write: Write, answer: ScriptAnswer | undefined): WriteAnswer {
  if (answer?.kind === "answer") {
    if (answer.exitCode === 0) return { accepted: true, object: answer.objects[0], warnings: warningsIn(answer.stderr) };
    const failure = readKubectlFailure(answer.stderr, answer.exitCode, { doing: write.doing, path: write.path, needs: write.needs });
    return { accepted: false, failure, remedy: remedyFor(failure) };
  }
  const why = answer?.kind === "large" ? "the answer is too long for a run command." : "the answer cannot be read.";
  return notAnswered(write, new ActionError({ code: "NoAnswer", doing: write.doing, message: why, remedy: REMEDY }));
}

function notAnswered(write: Write | undefined, error: ActionError): WriteAnswer {
  const failure: Failure =
    error instanceof ServiceError
      ? error.failure
      : { service: "Kubernetes", doing: write?.doing ?? error.doing, code: error.code, message: `${error.doing}: ${error.message}`, needs: write?.needs };
  return { accepted: false, failure, remedy: error.remedy };
}

/** The end of a log, on one line. */
function lastWords(logs: string): string {
  const words = logs.trim().slice(-500).replaceAll(/\s+/g, " ");
  return words === "" ? "it printed nothing." : words;
}
