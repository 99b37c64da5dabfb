/** Makes the simulated services answer as late as a network would have them, so that what waits for what can be seen. */
import { ServerResponse } from "node:http";

/**
 * From now on every HTTP answer of this process leaves so many real milliseconds late.
 *
 * @returns takes the latency away again
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
