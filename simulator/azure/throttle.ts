/**
 * Azure's throttling of the AKS resource provider: token buckets, per subscription. The limits of PUT, GET and operations are
 * recorded ones of a subscription; the other limits are from "Throttling limits on AKS resource provider APIs" in the AKS documentation.
 */
import type { Reply, SimulatedRequest } from "../lib/http.ts";
import { providerError } from "./errors.ts";

interface Limit {
  /** Requests that may come at once. */
  readonly burst: number;
  /** Further requests per second. */
  readonly perSecond: number;
}

type LimitName = "list" | "get" | "put" | "operation" | "other";
export type Limits = Readonly<Record<LimitName, Limit>>;

export const REAL_LIMITS: Limits = {
  list: { burst: 500, perSecond: 1 },
  get: { burst: 60, perSecond: 1 },
  put: { burst: 20, perSecond: 1 / 60 },
  operation: { burst: 200, perSecond: 2 },
  other: { burst: 60, perSecond: 1 },
};

const HANDLERS: Readonly<Record<LimitName, string>> = {
  list: "ListManagedClustersBySubscriptionHandler.GET",
  get: "GetManagedClusterHandler.GET",
  put: "PutManagedClusterHandler.PUT",
  operation: "GetOperationStatusHandler.GET",
  other: "Handler",
};

/** The limit that a request counts against; undefined: no limit of this resource provider. */
function limitOf({ method, path }: SimulatedRequest): LimitName | undefined {
  const rest = /^\/subscriptions\/[^/]+\/(.*)$/i.exec(path)?.[1] ?? "";
  if (!/providers\/Microsoft\.ContainerService\//i.test(rest) || /providers\/Microsoft\.Features\//i.test(rest)) return undefined;
  if (/\/operations\/[^/]+$/i.test(rest)) return "operation";
  if (/\/managedClusters$/i.test(rest)) return "list";
  if (/\/managedClusters\/[^/]+$/i.test(rest)) return method === "PUT" ? "put" : "get";
  return "other";
}

/** Counts requests. Answers 429 with the seconds until the next token where a bucket is empty. */
export function createThrottle(limits: Limits): (request: SimulatedRequest) => Reply | undefined {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return (request) => {
    const name = limitOf(request);
    if (name === undefined) return undefined;
    const { burst, perSecond } = limits[name];
    const subscription = /^\/subscriptions\/([^/]+)/i.exec(request.path)?.[1]?.toLowerCase() ?? "";
    const key = `${subscription} ${name}`;
    const bucket = buckets.get(key) ?? { tokens: burst, at: request.at };
    bucket.tokens = Math.min(burst, bucket.tokens + ((request.at - bucket.at) / 1000) * perSecond);
    bucket.at = request.at;
    buckets.set(key, bucket);
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1;
      return undefined;
    }
    const seconds = Math.max(1, Math.ceil((1 - bucket.tokens) / perSecond));
    const message = `The ${HANDLERS[name]} request limit has been exceeded for SubID='${subscription}', please retry again in ${seconds} seconds. For more information, please visit aka.ms/aks/throttling`;
    const reply = providerError(429, "Throttled", message, "Throttled");
    return { ...reply, headers: { ...reply.headers, "retry-after": String(seconds) } };
  };
}
