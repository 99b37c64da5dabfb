/** The fault of a run, as the simulator injects it. */
import type { Fault, FaultKind, SimulatedRequest } from "../../simulator/index.ts";
import { limitRunningCommand } from "./run-command-cache.ts";
import { type FaultTarget, senderOf } from "./run-types.ts";
import type { VirtualTime } from "./virtual-time.ts";

interface PlannedFault {
  readonly fault: Fault;
  readonly affected: readonly SimulatedRequest[];
  /** The service whose requests all have the fault from now on; undefined for none. */
  readonly persistentService: () => string | undefined;
}

/** The fault of the plan. `count`: called with each request; returns its number among its sender's requests. */
export function createFault(target: FaultTarget | undefined, time: VirtualTime, count: (request: SimulatedRequest) => number): PlannedFault {
  const affected: SimulatedRequest[] = [];
  let chosen: FaultKind = { kind: "hang" };
  const isDue = (request: SimulatedRequest, nth: number): boolean => {
    if (target === undefined) return false;
    const [first] = affected;
    if (first === undefined) return nth === target.nth && senderOf(request) === target.sender;
    if (target.persistent) return request.service === first.service;
    const isAgain = request.service === first.service && request.method === first.method && request.path === first.path;
    return isAgain && affected.length < (target.fault.times ?? 1);
  };
  const fault: Fault = {
    match: (request) => {
      const nth = count(request);
      if (target === undefined || !isDue(request, nth)) return false;
      affected.push(request);
      chosen = target.fault.fault(request, time.now());
      const id = String(request.headers["x-ms-client-request-id"] ?? "");
      if (chosen.kind === "hang") time.hang(id);
      if (chosen.kind === "stall") time.stall(id);
      if (senderOf(request) === "kubectl") limitRunningCommand();
      return true;
    },
    get fault() {
      return chosen;
    },
  };
  return { fault, affected, persistentService: () => (target?.persistent === true ? affected[0]?.service : undefined) };
}
