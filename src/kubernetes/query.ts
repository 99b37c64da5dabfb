/**
 * The questions a run asks the Kubernetes API. They are put to a transport as one batch, and each keeps its own answer,
 * so that a transport may send them in parallel, or all at once as one command.
 */
import type { Failure, Right } from "../lib/errors.ts";

/** What became of a question: the answer, or why there is none and what to do about it. */
export type Answer<T> =
  | { readonly seen: true; readonly value: T }
  | { readonly seen: false; readonly why: string; readonly remedy: string };

/** What a transport needs to know to ask, and where it puts what it hears. */
export interface Query {
  /** A gerund phrase for errors: `listing pods`. */
  readonly doing: string;
  readonly verb: "get" | "list";
  /** Path of the resource, such as `/apis/apps/v1/replicasets`; a list may go over several, one after the other. */
  readonly paths: readonly string[];
  /** Selectors of a list, encoded as in a URL and without the question mark: `fieldSelector=reason%3DFailedCreate`. */
  readonly query?: string | undefined;
  readonly needs: Right;
  /** Forgets what was heard: a list starts over. */
  restart(): void;
  /** Hears one object: the one asked for, or the next of the list. */
  receive(object: unknown): void;
  /** Nothing more will come. */
  finish(): void;
  /** There is no answer. */
  fail(why: string, remedy: string): void;
}

/** Turns the objects of a list into one value, an object at a time. */
export interface Fold<T> {
  add(object: unknown): void;
  result(): T;
}

const NOT_ASKED = { seen: false, why: "it was not asked.", remedy: "" } as const;

/** Asks for one object. The answer is undefined where there is no such object. */
export class Get<T> implements Query {
  readonly verb = "get";
  readonly doing: string;
  readonly paths: readonly string[];
  readonly needs: Right;
  readonly #read: (object: unknown) => T | undefined;
  #heard: T | undefined;
  #answer: Answer<T | undefined> = NOT_ASKED;

  constructor(what: { readonly doing: string; readonly path: string; readonly needs: Right }, read: (object: unknown) => T | undefined) {
    this.doing = what.doing;
    this.paths = [what.path];
    this.needs = what.needs;
    this.#read = read;
  }

  restart(): void {
    this.#heard = undefined;
  }

  receive(object: unknown): void {
    this.#heard = this.#read(object);
  }

  finish(): void {
    this.#answer = { seen: true, value: this.#heard };
  }

  fail(why: string, remedy: string): void {
    this.#answer = { seen: false, why, remedy };
  }

  get result(): Answer<T | undefined> {
    return this.#answer;
  }
}

/** Asks for all objects of a kind, in the cluster or in one namespace, and folds them as they come. */
export class List<T> implements Query {
  readonly verb = "list";
  readonly doing: string;
  readonly paths: readonly string[];
  readonly query: string | undefined;
  readonly needs: Right;
  readonly #start: () => Fold<T>;
  #fold: Fold<T>;
  #answer: Answer<T> = NOT_ASKED;

  constructor(what: { readonly doing: string; readonly paths: readonly string[]; readonly query?: string; readonly needs: Right }, start: () => Fold<T>) {
    this.doing = what.doing;
    this.paths = what.paths;
    this.query = what.query;
    this.needs = what.needs;
    this.#start = start;
    this.#fold = start();
  }

  restart(): void {
    this.#fold = this.#start();
  }

  receive(object: unknown): void {
    this.#fold.add(object);
  }

  finish(): void {
    this.#answer = { seen: true, value: this.#fold.result() };
  }

  fail(why: string, remedy: string): void {
    this.#answer = { seen: false, why, remedy };
  }

  get result(): Answer<T> {
    return this.#answer;
  }
}

/** Collects what a reader makes of each object, leaving out what it cannot read. */
export function collect<T>(read: (object: unknown) => T | undefined): () => Fold<readonly T[]> {
  return () => {
    const items: T[] = [];
    return {
      add: (object) => {
        const item = read(object);
        if (item !== undefined) items.push(item);
      },
      result: () => items,
    };
  };
}

/** A request that writes, or that asks admission with a dry run. */
export interface Write {
  /** A gerund phrase for errors: `labelling the namespace shop`. */
  readonly doing: string;
  readonly verb: "create" | "patch";
  /** Path of the collection to create in, or of the object to patch. */
  readonly path: string;
  /** True: the API server stores nothing (`dryRun=All`). */
  readonly dryRun: boolean;
  /** The object to create, or a JSON merge patch (RFC 7386). */
  readonly body: unknown;
  readonly needs: Right;
}

/** What the API server said to a write. */
export type WriteAnswer =
  | { readonly accepted: true; readonly object: unknown; readonly warnings: readonly string[] }
  /** A refusal; `failure.status` is undefined where no answer came. */
  | { readonly accepted: false; readonly failure: Failure; readonly remedy: string };

/** Who the writes are from, in the objects' managed fields. */
export const FIELD_MANAGER = "istio-cni-aks";

/** The Kubernetes API of one cluster, however it is reached. */
export interface KubernetesApi {
  /** The transport, for the report: `direct`, `run-command`, `kubeconfig`. */
  readonly transport: string;
  /** What the API server warned of, each text once. */
  readonly warnings: ReadonlySet<string>;
  /**
   * Puts a batch of questions; each ends with its answer or with why there is none.
   *
   * @throws only the run's own end: cancelled, or out of time
   */
  query(batch: readonly Query[]): Promise<void>;
  /**
   * Sends a batch of writes, which must not depend on one another; the answers are in the same order.
   *
   * @throws only the run's own end: cancelled, or out of time
   */
  write(batch: readonly Write[]): Promise<readonly WriteAnswer[]>;
}
