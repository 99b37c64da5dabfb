/** The Kubernetes API of a cluster in memory: objects by path, merge patches, and hooks in which a test acts as a controller. */
import type { KubernetesApi, Query, Write, WriteResult } from "../src/kubernetes/query.ts";
import type { Failure } from "../src/lib/errors.ts";
import { isRecord } from "../src/lib/json.ts";

/** The refusal of a write; undefined to accept it. */
export type Refuse = (write: Write) => { readonly status: number; readonly message: string } | undefined;

export class InMemoryApi implements KubernetesApi {
  readonly transport = "memory";
  answersInOrder = false;
  readonly warnings = new Set<string>();
  /** By path: an object, or the array of a list's items. */
  readonly objects = new Map<string, unknown>();
  /** All writes in order, dry runs included. */
  readonly writes: Write[] = [];
  readonly queries: Query[] = [];
  /** How many queries each batch of queries had. */
  readonly queriesByBatch: number[] = [];
  /** How many batches of queries and writes were sent. */
  batches = 0;
  refuse: Refuse = () => undefined;
  /** The status with which a query is refused; undefined to answer it. */
  refuseQuery: () => number | undefined = () => undefined;
  /** Called before each batch of queries. Controllers act here. */
  tick: () => void = () => undefined;
  /** The pod that a dry run returns. */
  inject: (pod: unknown) => unknown = (pod) => pod;

  query(batch: readonly Query[]): Promise<void> {
    this.tick();
    this.batches += 1;
    this.queriesByBatch.push(batch.length);
    for (const query of batch) {
      this.queries.push(query);
      query.restart();
      const status = this.refuseQuery();
      if (status !== undefined) {
        query.fail(`${query.doing}: Kubernetes answered ${status}.`, "", { service: "Kubernetes", doing: query.doing, status, code: "Forbidden", message: "", needs: query.needs });
        continue;
      }
      for (const path of query.paths) {
        const found = this.objects.get(path);
        if (query.verb === "list") for (const item of Array.isArray(found) ? found : []) query.receive(item);
        else if (found !== undefined) query.receive(found);
      }
      query.finish();
    }
    return Promise.resolve();
  }

  write(batch: readonly Write[]): Promise<readonly WriteResult[]> {
    this.batches += 1;
    return Promise.resolve(batch.map((write) => this.#write(write)));
  }

  #write(write: Write): WriteResult {
    this.writes.push(write);
    const refusal = this.refuse(write);
    if (refusal !== undefined) {
      const failure: Failure = { service: "Kubernetes", doing: write.doing, status: refusal.status, code: "Forbidden", message: refusal.message };
      return { accepted: false, failure, remedy: "" };
    }
    if (write.verb === "create") return { accepted: true, object: this.inject(write.body), warnings: [] };
    const patched = merged(this.objects.get(write.path), write.body);
    if (!write.dryRun) this.objects.set(write.path, patched);
    return { accepted: true, object: patched, warnings: [] };
  }
}

/** Applies a JSON merge patch (RFC 7386). */
function merged(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const result: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(result, key);
    else result[key] = merged(result[key], value);
  }
  return result;
}
