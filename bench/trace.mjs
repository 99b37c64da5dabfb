/**
 * Preload that records all requests of a process over node:http(s): `node --import file:///…/trace.mjs program.js`. When the process
 * ends, it writes them as JSON to the file in BENCH_TRACE: times in milliseconds since the process started, bytes of bodies as
 * transferred. Paths are without queries, since queries contain signatures.
 */
import { subscribe } from "node:diagnostics_channel";
import { writeFileSync } from "node:fs";

const { BENCH_TRACE: file } = process.env;
// The monotonic clock: Date and performance may follow a simulated one.
const origin = process.hrtime.bigint();
const now = () => Number(process.hrtime.bigint() - origin) / 1e6;

if (file !== undefined) {
  const seen = new Map();
  const sockets = new Set();
  subscribe("http.client.request.start", ({ request }) => {
    const size = Number(request.getHeader("content-length") ?? 0);
    const entry = { method: request.method, host: request.getHeader("host") ?? request.host, path: request.path.split("?", 1)[0], startMs: now(), endMs: undefined, status: 0, sent: size, received: 0 };
    seen.set(request, entry);
  });
  subscribe("http.client.response.finish", ({ request, response }) => {
    const entry = seen.get(request);
    if (entry === undefined) return;
    entry.status = response.statusCode;
    sockets.add(response.socket);
    const push = response.push;
    response.push = function count(chunk, ...rest) {
      if (chunk !== null) entry.received += chunk.length;
      return Reflect.apply(push, this, [chunk, ...rest]);
    };
    response.once("close", () => {
      entry.endMs ??= now();
    });
    response.once("end", () => {
      entry.endMs = now();
    });
  });
  process.once("exit", () => {
    const requests = [...seen.values()].map((entry) => ({ ...entry, endMs: entry.endMs ?? now() }));
    writeFileSync(file, JSON.stringify({ requests, connections: sockets.size, endMs: now() }));
  });
}
