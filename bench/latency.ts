/** Adds the latency of a network to the simulated services, so that sequences of requests become visible. */
import { ServerResponse } from "node:http";

/**
 * Delays all HTTP answers of this process by this many real milliseconds.
 *
 * @returns removes the latency
 */
export function addLatency(milliseconds: number): () => void {
  const end: unknown = Reflect.get(ServerResponse.prototype, "end");
  if (typeof end !== "function") throw new Error("node:http has no ServerResponse.end");
  const late = function (this: ServerResponse, ...args: readonly unknown[]): ServerResponse {
    setTimeout(() => {
      Reflect.apply(end, this, args);
    }, milliseconds);
    return this;
  };
  Object.defineProperty(ServerResponse.prototype, "end", { value: late, configurable: true, writable: true });
  return () => {
    Object.defineProperty(ServerResponse.prototype, "end", { value: end, configurable: true, writable: true });
  };
}
