/**
 * The run-command transport, for clusters whose API server the runner cannot reach: a batch becomes one command, which Azure runs in
 * a pod of the cluster. Every command takes seconds, so there are only as many as the limit on its output requires.
 */
import { randomBytes } from "node:crypto";
import { ActionError } from "../../lib/errors.ts";
import { remedyFor } from "../../lib/error-table.ts";
import { count } from "../../lib/plural.ts";
import { StartingServer } from "../../lib/http/transient.ts";
import type { RunContext } from "../../lib/run-context.ts";
import { writeCall } from "../kubectl/arguments.ts";
import { readKubectlFailure, warningsIn } from "../kubectl/errors.ts";
import { RUN_COMMAND_PAGE_SIZE } from "../paging.ts";
import { isResendable, Repetitions } from "../repetition.ts";
import { projectionFor } from "./projections.ts";
import { failedWrite, type KubernetesApi, type NamespaceDryRuns, type Query, type Write, type WriteResult } from "../query.ts";
import { QueryProgress } from "./query-progress.ts";
import { parsePath } from "../resource-path.ts";
import { compile, EACH_NAME, MAX_COMMAND, OUTPUT_BUDGET, type ScriptRequest } from "./script.ts";
import { readOutput, type ScriptAnswer } from "./script-output.ts";
import { addWarnings } from "../warnings.ts";

/** The result of a command that was started. */
export interface CommandResult {
  readonly exitCode: number;
  /** Its output, cut at 512 kB. */
  readonly logs: string;
}

/** Runs a command in a pod of the cluster; `purpose` is a gerund phrase for the log. Rejects with an ActionError if Azure refuses the command or cannot run it. */
export type RunInCluster = (command: string, purpose: string) => Promise<CommandResult>;

const REMEDY = "Run again. If the error persists, report it as a bug. kube-access: direct uses no run commands, but needs a runner that reaches the API server.";

/** A write that is still to be sent, or to be sent again. */
interface PendingWrite {
  readonly index: number;
  readonly write: Write;
  readonly script: ScriptRequest;
  readonly repetitions: Repetitions;
}

/** The output is incomplete or contains other text. */
class UnusableOutputError extends ActionError {}

export class RunCommandApi implements KubernetesApi {
  readonly transport = "run-command";
  readonly answersInOrder = true;
  readonly warnings = new Set<string>();
  readonly #run: RunInCluster;
  readonly #context: RunContext;
  readonly #directFailure: string;
  readonly #starting = new StartingServer();
  /** Bytes that a command may print. Reduced after an output within this limit was cut. */
  #budget = OUTPUT_BUDGET;

  /** @param directFailure why direct access failed, which is added to every error of a command; may be empty */
  constructor(run: RunInCluster, context: RunContext, directFailure: string) {
    this.#run = run;
    this.#context = context;
    this.#directFailure = directFailure;
  }

  async query(batch: readonly Query[]): Promise<void> {
    await this.#query(batch, undefined);
  }

  async queryAndDryRun(batch: readonly Query[], each: NamespaceDryRuns): Promise<ReadonlyMap<string, WriteResult>> {
    return this.#query(batch, each);
  }

  /** The dry runs for namespaces are the end of the first command. */
  async #query(batch: readonly Query[], each: NamespaceDryRuns | undefined): Promise<ReadonlyMap<string, WriteResult>> {
    const written = new Map<string, WriteResult>();
    let writes = each;
    const queries = batch.map((query) => new QueryProgress(query, this.#context, this.#starting));
    try {
      for (;;) {
        const pending = queries.flatMap((progress) => progress.requests().map((request) => ({ progress, request })));
        if (pending.length === 0) return written;
        const sent = takeFitting(pending, ({ request }) => request.script);
        const scripts = sent.map(({ request }) => request.script);
        const answers = await this.#runOrRetry(writes === undefined ? scripts : [...scripts, writeEach(writes)], readingOf(scripts));
        if (writes !== undefined) this.#receiveWrites(writes, answers.filter(({ id }) => id === scripts.length), written);
        writes = undefined;
        let hasProgressed = false;
        for (const [id, { progress, request }] of sent.entries()) {
          // Where a query starts again or is repeated, those behind it are sent again as well.
          if (queries.slice(0, queries.indexOf(progress)).some(({ isFinished }) => !isFinished)) break;
          hasProgressed = progress.receive(request, answers.filter((answer) => answer.id === id)) || hasProgressed;
        }
        for (const answer of answers) if (answer.kind === "answer") addWarnings(this.warnings, warningsIn(answer.stderr));
        if (!hasProgressed) throw failure("NoProgress", "sending requests", "the run command carried out none of the requests.");
        await this.#pause(queries.map((progress) => progress.takePause()));
      }
    } catch (error) {
      const reported = this.#withDirectFailure(error);
      for (const progress of queries) progress.fail(reported);
      return written;
    }
  }

  /** Keeps the results that another attempt would not change. */
  #receiveWrites({ write }: NamespaceDryRuns, answers: readonly ScriptAnswer[], written: Map<string, WriteResult>): void {
    for (const answer of answers) {
      if (answer.kind !== "answer" || answer.name === "") continue;
      const result = writeResult(write(answer.name), answer);
      if (result.accepted || new Repetitions(this.#context, this.#starting).next(result.failure) === undefined) written.set(answer.name, result);
    }
  }

  async write(batch: readonly Write[]): Promise<readonly WriteResult[]> {
    const results = batch.map((write) => failedWrite(write, failure("NoAnswer", write.doing, "the run command returned no response.")));
    const pending: PendingWrite[] = [];
    for (const [index, write] of batch.entries()) {
      try {
        pending.push({ index, write, repetitions: new Repetitions(this.#context, this.#starting), script: { kind: "write", call: writeCall(write), filter: projectionFor(parsePath(write.path, write.doing).resource) } });
      } catch (error) {
        results[index] = failedWrite(write, this.#withDirectFailure(error));
      }
    }
    while (pending.length > 0) {
      const sent = takeFitting(pending, ({ script }) => script);
      try {
        const answers = await this.#runOrRetry(
          sent.map(({ script }) => script),
          sent.length > 1 ? `sending ${sent.length} writes` : (sent[0]?.write.doing ?? ""),
        );
        const deferred = new Set(answers.flatMap(({ kind, id }) => (kind === "deferred" ? [id] : [])));
        if (deferred.size >= sent.length) throw failure("NoProgress", "sending writes", "the run command carried out none of the requests.");
        const pauses: number[] = [];
        const again = sent.filter(({ index, write, repetitions }, id) => {
          if (deferred.has(id)) return true;
          const result = writeResult(write, answers.find((answer) => answer.id === id));
          results[index] = result;
          const pause = result.accepted || !isResendable(write) ? undefined : repetitions.next(result.failure);
          if (pause !== undefined) pauses.push(pause);
          return pause !== undefined;
        });
        pending.splice(0, sent.length, ...again);
        await this.#pause(pauses);
      } catch (error) {
        // It is unknown which writes were carried out, so none of them is sent again.
        const reported = this.#withDirectFailure(error);
        for (const { index, write } of pending.splice(0)) results[index] = failedWrite(write, reported);
      }
    }
    return results;
  }

  /** Waits for the longest of these pauses, before requests that failed are sent again. In milliseconds. */
  async #pause(pauses: readonly number[]): Promise<void> {
    const longest = Math.max(0, ...pauses);
    if (longest > 0) await this.#context.clock.sleep(longest, this.#context.signal);
  }

  /** Runs one command. If the output is unusable, queries run once more with a smaller budget. Writes never run again. */
  async #runOrRetry(requests: readonly ScriptRequest[], doing: string): Promise<readonly ScriptAnswer[]> {
    try {
      return await this.#runOnce(requests, doing);
    } catch (error) {
      if (!(error instanceof UnusableOutputError) || requests.some(({ kind }) => kind === "write")) throw error;
      this.#budget = Math.floor(this.#budget / 4);
      this.#context.log.info(`${error.message} Running the command again with a lower limit on its output.`);
      return this.#runOnce(requests, doing);
    }
  }

  async #runOnce(requests: readonly ScriptRequest[], doing: string): Promise<readonly ScriptAnswer[]> {
    const { signal, requests: counters, log } = this.#context;
    signal.throwIfAborted();
    const nonce = randomBytes(16).toString("hex");
    const command = compile(requests, { nonce, budget: this.#budget, pageSize: RUN_COMMAND_PAGE_SIZE });
    log.debug(`run command: ${doing}, ${command.length} characters`);
    const { exitCode, logs } = await this.#run(command, doing);
    signal.throwIfAborted();
    if (exitCode !== 0) throw failure("RunCommandFailed", doing, `the run command ended with exit code ${exitCode}: ${endOfLog(logs)}`);
    const output = readOutput(logs, nonce, requests.length);
    switch (output.kind) {
      case "missing-program":
        throw failure("RunCommandIncomplete", doing, `the run command's shell has no ${output.program}.`);
      case "unusable":
        throw new UnusableOutputError({ code: "RunCommandCut", doing, message: `the output of the run command (${logs.length} characters) is not usable: ${output.why}`, remedy: REMEDY });
      case "complete":
        counters.kubernetes += output.answers.filter(({ kind }) => kind === "answer").length;
        return output.answers;
    }
  }

  /** Adds to an error of a command why direct access failed. Rethrows bugs and the run's own end. */
  #withDirectFailure(error: unknown): ActionError {
    this.#context.signal.throwIfAborted();
    if (!(error instanceof ActionError)) throw error;
    if (error.code === "Timeout" && this.#context.clock.now() >= this.#context.deadlineAt) throw error;
    if (this.#directFailure === "" || error.code === "InvalidName") return error;
    const { code, doing, message, remedy, correlationId } = error;
    return new ActionError({ code, doing, message: `${message} (${this.#directFailure})`, remedy, correlationId, cause: error });
  }
}

function failure(code: string, doing: string, message: string): ActionError {
  return new ActionError({ code, doing, message, remedy: REMEDY });
}

/** The first items, as many as one command can hold, at least one. The lengths are estimates: quoting can double a text. */
function takeFitting<T>(items: readonly T[], requestOf: (item: T) => ScriptRequest): readonly T[] {
  let length = 0;
  const filters = new Set<string>();
  const beyond = items.findIndex((item, index) => {
    const request = requestOf(item);
    length += 200 + ("call" in request ? 2 * JSON.stringify(request.call).length : request.path.length + request.continueToken.length);
    if (!filters.has(request.filter)) length += 1500 + request.filter.length;
    filters.add(request.filter);
    return index > 0 && length > MAX_COMMAND;
  });
  return beyond === -1 ? items : items.slice(0, beyond);
}

function writeEach({ label, without, except, most, write }: NamespaceDryRuns): ScriptRequest {
  const sample = write(EACH_NAME);
  const isWithout = Object.entries(without).map(([name, value]) => ` and $l[${JSON.stringify(name)}] != ${JSON.stringify(value)}`);
  const names = `[.items[].metadata | (.labels // {}) as $l | select(($l[${JSON.stringify(label)}] // "") != ""${isWithout.join("")}) | .name | select(test("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")) | select(. as $n | ${JSON.stringify(except)} | index($n) | not)] | .[:${most}][]`;
  const filter = projectionFor(parsePath(sample.path, sample.doing).resource);
  return { kind: "write-each", path: `/api/v1/namespaces?labelSelector=${encodeURIComponent(label)}`, names, call: writeCall(sample), filter };
}

function writeResult(write: Write, answer: ScriptAnswer | undefined): WriteResult {
  if (answer?.kind === "answer") {
    if (answer.exitCode === 0) return { accepted: true, object: answer.objects[0], warnings: warningsIn(answer.stderr) };
    const refusal = readKubectlFailure(answer.stderr, answer.exitCode, write);
    return { accepted: false, failure: refusal, remedy: remedyFor(refusal) };
  }
  return failedWrite(write, failure("NoAnswer", write.doing, answer?.kind === "too-large" ? "the response is longer than the output of a run command can be." : "the response cannot be read."));
}

/** `reading 6 lists and 2 objects`. */
function readingOf(requests: readonly ScriptRequest[]): string {
  const lists = requests.filter(({ kind }) => kind === "list").length;
  const parts = [lists === 0 ? "" : count(lists, "list"), lists === requests.length ? "" : count(requests.length - lists, "object")];
  return `reading ${parts.filter((part) => part !== "").join(" and ")}`;
}

/** The end of a command's output, on one line. */
function endOfLog(logs: string): string {
  const end = logs.trim().slice(-500).replaceAll(/\s+/g, " ");
  return end === "" ? "no output." : end;
}
