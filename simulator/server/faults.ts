/** Faults on purpose: "the 3rd PUT answers 409", "every 5th response is cut". */
import type { Reply, SimulatedRequest } from "../lib/http.ts";
import type { Json } from "../lib/json.ts";

export type FaultKind =
  /** Answers this instead; the service never sees the request. */
  | {
      readonly kind: "respond";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: Json;
    }
  /** Resets the connection; with `afterEffect` the service has done what was asked, and the answer is lost. */
  | { readonly kind: "reset"; readonly afterEffect?: boolean }
  /** Announces the whole answer, sends this many bytes of its body, and drops the connection. */
  | { readonly kind: "cut"; readonly bytes: number }
  /** Announces the whole answer, and never sends a byte of its body; the connection ends when the simulator closes. */
  | { readonly kind: "stall" }
  /** Never answers; the connection ends when the simulator closes. */
  | { readonly kind: "hang" }
  /** The service has done what was asked; what it says is changed on the way, as a broken gateway does. */
  | { readonly kind: "alter"; readonly change: (reply: Reply) => Reply }
  /** An HTML page, as a proxy in between sends it; status 200 unless told. */
  | { readonly kind: "html"; readonly status?: number }
  | { readonly kind: "redirect"; readonly location: string };

export interface Fault {
  readonly match: (request: SimulatedRequest) => boolean;
  /** Only the n-th matching request, from 1. */
  readonly nth?: number;
  /** Every so many matching requests. */
  readonly every?: number;
  /** At most so often. */
  readonly times?: number;
  readonly fault: FaultKind;
}

export interface FaultPlan {
  /** Adds a fault while the simulator runs. */
  add(fault: Fault): void;
  /** The fault that strikes this request, if any. Counts the request: call once per request. */
  strike(request: SimulatedRequest): FaultKind | undefined;
}

/** A plan of faults; the first one that is due wins, and all that match count the request. */
export function createFaultPlan(faults: readonly Fault[]): FaultPlan {
  const plan = faults.map((fault) => ({ fault, matched: 0, struck: 0 }));
  return {
    add: (fault) => {
      plan.push({ fault, matched: 0, struck: 0 });
    },
    strike(request) {
      let chosen: FaultKind | undefined;
      for (const item of plan) {
        if (!item.fault.match(request)) continue;
        item.matched += 1;
        const { nth, every, times } = item.fault;
        const due =
          (nth === undefined || item.matched === nth) &&
          (every === undefined || item.matched % every === 0) &&
          (times === undefined || item.struck < times);
        if (!due || chosen !== undefined) continue;
        item.struck += 1;
        chosen = item.fault.fault;
      }
      return chosen;
    },
  };
}
