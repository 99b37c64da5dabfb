/** The log of all requests that reached a simulated service, without secrets. */
import type { IncomingHttpHeaders } from "node:http";
import { formOf, type Service, type SimulatedRequest } from "../lib/http.ts";
import { isObject, type Json } from "../lib/json.ts";

export interface RequestLogEntry {
  /** Simulated time of arrival, ms since the epoch. */
  readonly at: number;
  readonly service: Service;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** As sent, except for authorization, which is "Bearer <audience>". */
  readonly headers: IncomingHttpHeaders;
  /** JSON, or the fields of a form; assertions and secrets are replaced. */
  readonly body: Json | undefined;
  /** HTTP status; 0 before the answer, and where the connection was closed without one. */
  status: number;
}

export interface RequestLog {
  readonly entries: readonly RequestLogEntry[];
  /** Adds a request; the caller sets `status` once it is known. `audience`: of the request's token. */
  record(request: SimulatedRequest, audience: string | undefined): RequestLogEntry;
  /**
   * Requests to Resource Manager and Kubernetes that change something, or that were meant to. A run command is not one itself;
   * the requests of its kubectl are. Such as "PUT arm /subscriptions/…/managedClusters/demo"; a refused one ends with its
   * status, such as " (409)".
   */
  changes(): string[];
  /** The entries of one service, of all methods or of one. */
  of(service: Service, method?: string): RequestLogEntry[];
}

const SECRET_FIELDS = new Set(["client_assertion", "client_secret", "refresh_token", "clusterToken"]);

function withoutSecrets(body: Json | undefined, isForm: boolean): Json | undefined {
  const fields = isForm ? Object.fromEntries(formOf(body)) : body;
  if (!isObject(fields)) return fields;
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, SECRET_FIELDS.has(key) ? "***" : value]),
  );
}

function isChange(entry: RequestLogEntry): boolean {
  if (entry.service !== "arm" && entry.service !== "kubernetes") return false;
  if (entry.method === "GET" || entry.method === "HEAD") return false;
  if (/\/(listCluster(User|Admin|MonitoringUser)Credential|runCommand)$/i.test(entry.path)) return false;
  return !(entry.service === "kubernetes" && entry.query["dryRun"] === "All");
}

/** An empty log. */
export function createRequestLog(): RequestLog {
  const entries: RequestLogEntry[] = [];
  return {
    entries,
    record(request, audience) {
      const headers = { ...request.headers };
      if (headers.authorization !== undefined) headers.authorization = `Bearer ${audience ?? "unknown"}`;
      const isForm = headers["content-type"]?.startsWith("application/x-www-form-urlencoded") ?? false;
      const { at, service, method, path } = request;
      const query = Object.fromEntries(request.query);
      const entry = {
        at,
        service,
        method,
        path,
        query,
        headers,
        body: withoutSecrets(request.body, isForm),
        status: 0,
      };
      entries.push(entry);
      return entry;
    },
    changes: () =>
      entries
        .filter(isChange)
        .map(
          ({ method, service, path, status }) =>
            `${method} ${service} ${path}${status >= 200 && status < 300 ? "" : ` (${status})`}`,
        ),
    of: (service, method) =>
      entries.filter((entry) => entry.service === service && (method === undefined || entry.method === method)),
  };
}
