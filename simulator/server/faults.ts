/** Injected faults: "the 3rd PUT answers 409", "every 5th response is cut". */
import type { Reply, SimulatedRequest } from "../lib/http.ts";
import type { Json } from "../lib/json.ts";

export type FaultKind =
  /** Sends this answer; the request does not reach the service. */
  | {
      readonly kind: "respond";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: Json;
    }
  /** Resets the connection. With `afterEffect` the service has handled the request, and only the answer is lost. */
  | { readonly kind: "reset"; readonly afterEffect?: boolean }
  /** Sends the headers and this many bytes of the body, then closes the connection. */
  | { readonly kind: "cut"; readonly bytes: number }
  /** Sends the headers and never the body; the connection ends when the simulator closes. */
  | { readonly kind: "stall" }
  /** Never answers; the connection ends when the simulator closes. */
  | { readonly kind: "hang" }
  /** The service handles the request, and its answer is changed, as by a broken gateway. */
  | { readonly kind: "alter"; readonly change: (reply: Reply) => Reply }
  /** An HTML page, as a proxy sends it; status 200 by default. */
  | { readonly kind: "html"; readonly status?: number }
  | { readonly kind: "redirect"; readonly location: string };

export interface Fault {
  readonly match: (request: SimulatedRequest) => boolean;
  /** Only the n-th matching request, from 1. */
  readonly nth?: number;
  /** Every n-th matching request. */
  readonly every?: number;
  /** At most this many requests. */
  readonly times?: number;
  readonly fault: FaultKind;
}

export interface FaultPlan {
  /** Adds a fault while the simulator runs. */
  add(fault: Fault): void;
  /** The fault for this request, if any. Counts the request: call it once per request. */
  next(request: SimulatedRequest): FaultKind | undefined;
}

/** A plan of faults. The first one that is due applies; all that match count the request. */
export function createFaultPlan(faults: readonly Fault[]): FaultPlan {
  const plan = faults.map((fault) => ({ fault, matched: 0, applied: 0 }));
  return {
    add: (fault) => {
      plan.push({ fault, matched: 0, applied: 0 });
    },
    next(request) {
      let chosen: FaultKind | undefined;
      for (const item of plan) {
        if (!item.fault.match(request)) continue;
        item.matched += 1;
        const { nth, every, times } = item.fault;
        const due =
          (nth === undefined || item.matched === nth) &&
          (every === undefined || item.matched % every === 0) &&
          (times === undefined || item.applied < times);
        if (!due || chosen !== undefined) continue;
        item.applied += 1;
        chosen = item.fault.fault;
      }
      return chosen;
    },
  };
}
