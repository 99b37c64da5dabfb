/** What the requests of a run say about it. */
import { type Json, valueAt } from "../../../simulator/lib/json.ts";
import type { RecordedRequest, WorldRun } from "../session.ts";

/** The runs that change things: apply, and the second one. */
export function isWriting({ mode }: Pick<WorldRun, "mode">): boolean {
  return mode === "apply" || mode === "disable";
}

/** Whether a request changes something, or was meant to. A run command is not one itself; the requests of its kubectl are. */
export function isWrite({ entry: { service, method, path, query } }: RecordedRequest): boolean {
  if ((service !== "arm" && service !== "kubernetes") || method === "GET" || method === "HEAD") return false;
  return !/\/(listClusterUserCredential|runCommand)$/i.test(path) && query["dryRun"] !== "All";
}

/** Whether the service has carried a request out. */
export function isAccepted({ entry: { status } }: RecordedRequest): boolean {
  return status >= 200 && status < 300;
}

export function isPut({ entry: { service, method } }: RecordedRequest): boolean {
  return service === "arm" && method === "PUT";
}

/** `PATCH /api/v1/namespaces/shop (200)`. */
export function nameOf({ entry: { method, path, status } }: RecordedRequest): string {
  return `${method} ${path} (${status})`;
}

/** The latest body of the cluster that was read before a request, and its eTag. */
export function lastReading(requests: readonly RecordedRequest[], before: RecordedRequest): { readonly body: Json; readonly eTag: string } | undefined {
  const body = requests.slice(0, requests.indexOf(before)).findLast(({ answer }) => answer !== undefined)?.answer;
  if (body === undefined) return undefined;
  const eTag = valueAt(body, "eTag") ?? valueAt(body, "etag");
  return { body, eTag: typeof eTag === "string" ? eTag : "" };
}
