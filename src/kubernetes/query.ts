/**
 * Queries to the Kubernetes API. A transport gets them as one batch and may send them in parallel, or as one command. Each
 * query holds its own result.
 */
import { missingRight } from "../lib/error-table.ts";
import { type ActionError, type Failure, type Right, ServiceError } from "../lib/errors.ts";
import type { Observed } from "../lib/observed.ts";

/** What a transport needs to send a query, and where it delivers the response. */
export interface Query {
  /** A gerund phrase for errors: `listing pods`. */
  readonly doing: string;
  readonly verb: "get" | "list";
  /** Paths of the resource, such as `/apis/apps/v1/replicasets`. The paths of a list are read one after the other. */
  readonly paths: readonly string[];
  /** Selectors of a list, URL-encoded, without the question mark: `fieldSelector=reason%3DFailedCreate`. */
  readonly selectors?: string | undefined;
  readonly needs: Right;
  /** Discards the objects received so far: the query starts again. */
  restart(): void;
  /** Receives one object: the requested one, or the next one of the list. */
  receive(object: unknown): void;
  /** The response is complete. */
  finish(): void;
  /** The query has failed. @param failure what came back; undefined if the reason is no answer of a service */
  fail(why: string, remedy: string, failure?: Failure): void;
  /** The status with which the API server refused the query; undefined if it did not. */
  readonly refusedWith: number | undefined;
}

/** Combines the objects of a response into one value, one object at a time. */
export interface Fold<T> {
  add(object: unknown): void;
  result(): T;
}

interface QueryOptions {
  readonly doing: string;
  readonly paths: readonly string[];
  readonly selectors?: string;
  readonly needs: Right;
}

abstract class FoldingQuery<T> implements Query {
  abstract readonly verb: "get" | "list";
  readonly doing: string;
  readonly paths: readonly string[];
  readonly selectors: string | undefined;
  readonly needs: Right;
  readonly #start: () => Fold<T>;
  /** Started with the first object, because it may depend on the results of queries that finish before. */
  #fold: Fold<T> | undefined;
  #result: Observed<T> = { seen: false, why: "the query was not sent.", remedy: "" };
  #refusedWith: number | undefined;

  constructor({ doing, paths, selectors, needs }: QueryOptions, start: () => Fold<T>) {
    this.doing = doing;
    this.paths = paths;
    this.selectors = selectors;
    this.needs = needs;
    this.#start = start;
  }

  restart(): void {
    this.#fold = undefined;
  }

  receive(object: unknown): void {
    this.#fold ??= this.#start();
    this.#fold.add(object);
  }

  finish(): void {
    this.#refusedWith = undefined;
    this.#fold ??= this.#start();
    this.#result = { seen: true, value: this.#fold.result() };
  }

  fail(why: string, remedy: string, failure?: Failure): void {
    this.#refusedWith = failure?.status;
    this.#result = { seen: false, why, remedy, missing: failure === undefined ? undefined : missingRight(failure) };
  }

  get refusedWith(): number | undefined {
    return this.#refusedWith;
  }

  get result(): Observed<T> {
    return this.#result;
  }
}

/** Gets one object. The value of the result is undefined if the object does not exist. */
export class Get<T> extends FoldingQuery<T | undefined> {
  readonly verb = "get";

  constructor({ doing, path, needs }: { readonly doing: string; readonly path: string; readonly needs: Right }, read: (object: unknown) => T | undefined) {
    super({ doing, paths: [path], needs }, () => {
      let value: T | undefined;
      return { add: (object) => (value = read(object)), result: () => value };
    });
  }
}

/** Lists all objects of a kind, in the cluster or in namespaces, and combines them as they are received. */
export class List<T> extends FoldingQuery<T> {
  readonly verb = "list";
}

/** Collects what a reader returns for each object, without the objects that it cannot read. */
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

/** A request that writes, or that calls admission with a dry run. */
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

/** A write that changes nothing. */
export interface DryRun extends Write {
  readonly dryRun: true;
}

/** The outcome of a write. */
export type WriteResult =
  | { readonly accepted: true; readonly object: unknown; readonly warnings: readonly string[] }
  /** A refusal, or no response: then `failure.status` is undefined, and the write may have been carried out. */
  | { readonly accepted: false; readonly failure: Failure; readonly remedy: string };

/** Dry runs for namespaces that are found while a batch is carried out. Nothing else may be sent before the plan. */
export interface NamespaceDryRuns {
  /** Only namespaces that have this label, with a value. */
  readonly label: string;
  /** Only those without labels of these values. */
  readonly without: Readonly<Record<string, string>>;
  /** Names of namespaces to leave alone. */
  readonly except: readonly string[];
  /** The most namespaces. */
  readonly most: number;
  readonly write: (namespace: string) => DryRun;
}

/** The manager of this action's writes in an object's managed fields. */
export const FIELD_MANAGER = "istio-cni-aks";

/** The URL parameters of a write, without the question mark. */
export function writeParameters({ dryRun }: Write): string {
  return `fieldManager=${FIELD_MANAGER}${dryRun ? "&dryRun=All" : ""}`;
}

/** The result of a write that ended with an error. The error may belong to a request that carried several writes. */
export function failedWrite({ doing, needs }: Write, error: ActionError): WriteResult {
  const message = error.doing === doing ? error.message : `${error.doing}: ${error.message}`;
  const failure: Failure = error instanceof ServiceError ? error.failure : { service: "Kubernetes", doing, code: error.code, message, needs };
  return { accepted: false, failure, remedy: error.remedy };
}

/** The Kubernetes API of one cluster, through any transport. */
export interface KubernetesApi {
  /** The transport, for the report: `direct`, `run-command`, `kubeconfig`. */
  readonly transport: string;
  /** The API server's warnings, each text once. */
  readonly warnings: ReadonlySet<string>;
  /**
   * Whether a query gets its objects only when the queries before it in the batch have finished. Then one whose reading depends on theirs may
   * be in the same batch. Other transports send a batch in parallel.
   */
  readonly answersInOrder: boolean;
  /**
   * Sends a batch of queries. Each query holds its result afterwards, or why it failed.
   *
   * @throws only the run's own end: cancelled, or out of time
   */
  query(batch: readonly Query[]): Promise<void>;
  /**
   * Sends a batch of queries, and dry runs for namespaces that are read in the same batch. Only of transports for which a second batch would
   * take seconds.
   *
   * @returns the results by namespace; the batch may not have come to all of them
   * @throws only the run's own end: cancelled, or out of time
   */
  queryAndDryRun?(batch: readonly Query[], each: NamespaceDryRuns): Promise<ReadonlyMap<string, WriteResult>>;
  /**
   * Sends a batch of writes, which must not depend on one another. The results are in the same order.
   *
   * @throws only the run's own end: cancelled, or out of time
   */
  write(batch: readonly Write[]): Promise<readonly WriteResult[]>;
}
