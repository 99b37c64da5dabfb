/** The state of one query that run commands carry out: which pages are still to be requested, and when it starts again. */
import { ActionError, ServiceError } from "../../lib/errors.ts";
import { remedyFor } from "../../lib/error-table.ts";
import type { StartingServer } from "../../lib/http/transient.ts";
import type { RunContext } from "../../lib/run-context.ts";
import { getCall } from "../kubectl/arguments.ts";
import { readKubectlFailure } from "../kubectl/errors.ts";
import { ListRestarts, listPath } from "../paging.ts";
import { Repetitions } from "../repetition.ts";
import { projectionFor } from "./projections.ts";
import type { Query } from "../query.ts";
import { parsePath } from "../resource-path.ts";
import { notKubernetes } from "../run-query.ts";
import type { ScriptRequest } from "./script.ts";
import type { ScriptAnswer } from "./script-output.ts";

/** A request for a script, and its path. */
export interface PendingRequest {
  readonly path: string;
  /** Increases when the query starts again: answers to an earlier attempt are ignored. */
  readonly attempt: number;
  readonly script: ScriptRequest;
}

/** A response that jq cannot read may have been cut on its way to kubectl, so the query starts again once. */
const MAX_UNREADABLE = 1;

export class QueryProgress {
  readonly #query: Query;
  readonly #restarts: ListRestarts;
  /** Continue tokens, URL-encoded, of the paths that are not complete. */
  #pending = new Map<string, string>();
  readonly #repetitions: Repetitions;
  #isFinished = false;
  #attempt = 0;
  #unreadable = 0;
  #pauseMs = 0;

  constructor(query: Query, context: RunContext, starting: StartingServer) {
    this.#query = query;
    this.#restarts = new ListRestarts(query.doing, context.log);
    this.#repetitions = new Repetitions(context, starting);
    this.#start();
  }

  /** Whether the query holds its result, or why it failed. */
  get isFinished(): boolean {
    return this.#isFinished;
  }

  /** How long to wait before the next command, in milliseconds, because a request failed for a reason that passes. */
  takePause(): number {
    const pause = this.#pauseMs;
    this.#pauseMs = 0;
    return pause;
  }

  /** The requests that are still to be sent; empty after the query has finished or failed. */
  requests(): readonly PendingRequest[] {
    if (this.#isFinished) return [];
    try {
      return [...this.#pending].map(([path, continueToken]) => ({ path, attempt: this.#attempt, script: this.#script(path, continueToken) }));
    } catch (error) {
      if (!(error instanceof ActionError)) throw error;
      this.fail(error);
      return [];
    }
  }

  /** Receives the answers to one request, in their order. @returns whether the query made progress */
  receive({ path, attempt }: PendingRequest, answers: readonly ScriptAnswer[]): boolean {
    let hasProgressed = false;
    for (const answer of answers) {
      if (this.#isFinished || attempt !== this.#attempt) return true;
      hasProgressed = this.#receiveOne(path, answer) || hasProgressed;
    }
    return hasProgressed;
  }

  /** Ends the query with this error, unless it has ended. */
  fail(error: ActionError): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    this.#query.fail(`${this.#query.doing}: ${error.message}`, error.remedy, error instanceof ServiceError ? error.failure : undefined);
  }

  #receiveOne(path: string, answer: ScriptAnswer): boolean {
    const { doing } = this.#query;
    switch (answer.kind) {
      case "deferred":
        this.#pending.set(path, answer.continueToken);
        return false;
      case "too-large":
        this.fail(new ActionError({ code: "NoAnswer", doing, message: "a single object is longer than the output of a run command can be.", remedy: "Use kube-access: direct, from a runner that reaches the API server." }));
        return true;
      case "unreadable":
        this.#unreadable += 1;
        if (this.#unreadable > MAX_UNREADABLE) this.fail(notKubernetes(doing, "the response is not JSON of the expected shape."));
        else this.#start();
        return true;
      case "answer":
        if (answer.exitCode !== 0) this.#receiveFailure(path, answer);
        else if (answer.continueToken !== "" && answer.continueToken === this.#pending.get(path)) this.fail(notKubernetes(doing, "the list does not end."));
        else this.#receivePage(path, answer);
        return true;
    }
  }

  #receivePage(path: string, { objects, continueToken }: ScriptAnswer & { readonly kind: "answer" }): void {
    for (const object of objects) this.#query.receive(object);
    if (continueToken === "") this.#pending.delete(path);
    else this.#pending.set(path, continueToken);
    if (this.#pending.size === 0) this.#finish();
  }

  #receiveFailure(path: string, { stderr, exitCode }: ScriptAnswer & { readonly kind: "answer" }): void {
    const { doing, needs, verb } = this.#query;
    const failure = readKubectlFailure(stderr, exitCode, { doing, path, needs });
    if (verb === "get" && failure.status === 404) this.#finish();
    else if (verb === "list" && this.#restarts.allows(failure)) this.#start();
    else {
      const pause = this.#repetitions.next(failure);
      // The page stays pending, with its continue token.
      if (pause === undefined) this.fail(new ServiceError(failure, remedyFor(failure)));
      else this.#pauseMs = Math.max(this.#pauseMs, pause);
    }
  }

  #script(path: string, continueToken: string): ScriptRequest {
    const { verb, doing } = this.#query;
    const filter = projectionFor(parsePath(path, doing).resource);
    return verb === "get" ? { kind: "get", call: getCall(path, doing), filter } : { kind: "list", path: listPath(this.#query, path), continueToken, filter };
  }

  #start(): void {
    this.#attempt += 1;
    this.#query.restart();
    this.#pending = new Map(this.#query.paths.map((path) => [path, ""]));
    if (this.#pending.size === 0) this.#finish();
  }

  #finish(): void {
    this.#isFinished = true;
    this.#query.finish();
  }
}
