/** One question on its way through run commands: how far it is, what is still to be asked, and when to start over. */
import { ActionError, ServiceError } from "../../lib/errors.ts";
import { remedyFor } from "../../lib/error-table.ts";
import type { RunContext } from "../../lib/run-context.ts";
import { getCall, listPath } from "../kubectl/arguments.ts";
import { readKubectlFailure } from "../kubectl/errors.ts";
import { projectionOf } from "./projections.ts";
import type { Query } from "../query.ts";
import { parsePath } from "../resource-path.ts";
import type { ScriptRequest } from "./script.ts";
import type { ScriptAnswer } from "./script-output.ts";

/** A request for a script, and the path that it is about. */
export interface PendingRequest {
  readonly path: string;
  /** The errand may begin anew: answers to a former attempt do not count. */
  readonly attempt: number;
  readonly script: ScriptRequest;
}

/** A continue token lives for minutes; a list that outlives it this often will not end. */
const MAX_RESTARTS = 3;
/** An answer that cannot be read may have been cut on its way to kubectl. */
const MAX_BROKEN = 1;

export class QueryProgress {
  readonly #query: Query;
  readonly #context: RunContext;
  /** Paths that are not at their end, and where they go on, URL-encoded. */
  #open = new Map<string, string>();
  #isOver = false;
  #attempt = 0;
  #restarts = 0;
  #broken = 0;

  constructor(query: Query, context: RunContext) {
    this.#query = query;
    this.#context = context;
    this.#begin();
  }

  /** What is still to be asked; empty when the question has its answer, or will have none. */
  requests(): readonly PendingRequest[] {
    if (this.#isOver) return [];
    try {
      return [...this.#open].map(([path, continueAt]) => ({ path, attempt: this.#attempt, script: this.#script(path, continueAt) }));
    } catch (error) {
      if (!(error instanceof ActionError)) throw error;
      this.#fail(`${this.#query.doing}: ${error.message}`, error.remedy);
      return [];
    }
  }

  /** Takes the answers to one request, in their order. @returns whether that was any use */
  take(request: PendingRequest, answers: readonly ScriptAnswer[]): boolean {
    let moved = false;
    for (const answer of answers) {
      if (this.#isOver || request.attempt !== this.#attempt) return true;
      moved = this.#takeOne(request.path, answer) || moved;
    }
    return moved;
  }

  /** The question will have no answer. */
  fail(error: ActionError): void {
    if (!this.#isOver) this.#fail(`${this.#query.doing}: ${error.message}`, error.remedy);
  }

  #takeOne(path: string, answer: ScriptAnswer): boolean {
    const { doing } = this.#query;
    switch (answer.kind) {
      case "later":
        this.#open.set(path, answer.continueAt);
        return false;
      case "large":
        this.#fail(`${doing}: one object alone is longer than a run command may print.`, "Use kube-access: direct, from a runner that reaches the API server.");
        return true;
      case "broken":
        this.#broken += 1;
        if (this.#broken > MAX_BROKEN) this.#fail(`${doing}: what kubectl printed is not an answer of Kubernetes.`, "Check that the API server's address leads to the cluster.");
        else this.#begin();
        return true;
      case "answer":
        if (answer.exitCode !== 0) return this.#takeFailure(path, answer);
        if (answer.continueAt !== "" && answer.continueAt === this.#open.get(path)) {
          this.#fail(`${doing}: the list does not go on where it says.`, "Check that the API server's address leads to the cluster.");
          return true;
        }
        for (const object of answer.objects) this.#query.receive(object);
        if (answer.continueAt === "") this.#open.delete(path);
        else this.#open.set(path, answer.continueAt);
        if (this.#open.size === 0) this.#finish();
        return true;
    }
  }

  #takeFailure(path: string, answer: ScriptAnswer & { readonly kind: "answer" }): boolean {
    const { doing, needs, verb } = this.#query;
    const failure = readKubectlFailure(answer.stderr, answer.exitCode, { doing, path, needs });
    if (verb === "get" && failure.status === 404) {
      this.#finish();
      return true;
    }
    if (verb === "list" && failure.status === 410 && this.#restarts < MAX_RESTARTS) {
      this.#restarts += 1;
      this.#context.log.info(`${doing}: the list changed too much to go on, starting over`);
      this.#begin();
      return true;
    }
    const error = new ServiceError(failure, remedyFor(failure));
    this.#fail(`${doing}: ${error.message}`, error.remedy);
    return true;
  }

  #script(path: string, continueAt: string): ScriptRequest {
    const { verb, doing } = this.#query;
    const filter = projectionOf(parsePath(path, doing).resource);
    return verb === "get" ? { kind: "get", call: getCall(path, doing), filter } : { kind: "list", path: listPath(this.#query, path), continueAt, filter };
  }

  #begin(): void {
    this.#attempt += 1;
    this.#query.restart();
    this.#open = new Map(this.#query.paths.map((path) => [path, ""]));
    if (this.#open.size === 0) this.#finish();
  }

  #finish(): void {
    this.#isOver = true;
    this.#query.finish();
  }

  #fail(why: string, remedy: string): void {
    this.#isOver = true;
    this.#query.fail(why, remedy);
  }
}
