/** Counts the bytes that the simulated services of this process answer. */
import { ServerResponse } from "node:http";

let bytes = 0;
const end: unknown = Reflect.get(ServerResponse.prototype, "end");
if (typeof end !== "function") throw new Error("node:http has no ServerResponse.end");
const counted = function (this: ServerResponse, ...args: readonly unknown[]): unknown {
  bytes += Number(this.getHeader("content-length") ?? 0);
  return Reflect.apply(end, this, args);
};
Object.defineProperty(ServerResponse.prototype, "end", { value: counted, configurable: true, writable: true });

/** Bytes of the bodies of all answers so far. */
export function responseBytes(): number {
  return bytes;
}
