/** Remembers what the API server of a scenario answers to reads: worlds of one scenario are the same until something is changed. */
import type { Reply, SimulatedRequest } from "../../simulator/lib/http.ts";
import type { ServerOptions } from "../../simulator/index.ts";

/** Scenarios in which something happens when Azure is read. */
const NOT_THE_SAME = ["busy", "private"];
const replies = new Map<string, Reply>();
let rememberedScenario = "";

/** The handler, which computes an answer only once for the same request at the same time, as long as nothing was changed. */
export function rememberReads({ handler, requestLog, tokens }: ServerOptions, scenario: string): ServerOptions["handler"] {
  if (NOT_THE_SAME.includes(scenario)) return handler;
  if (rememberedScenario !== scenario) {
    replies.clear();
    rememberedScenario = scenario;
  }
  let isChanged = false;
  const isUnchanged = (): boolean => {
    isChanged ||= requestLog.changes().length > 0;
    return !isChanged;
  };
  return (request) => {
    if (request.method !== "GET" || !isUnchanged()) return handler(request);
    const key = keyOf(request, tokens);
    const reply = replies.get(key) ?? handler(request);
    replies.set(key, reply);
    return reply;
  };
}

function keyOf({ at, path, query, headers, clientCertificate }: SimulatedRequest, tokens: ServerOptions["tokens"]): string {
  const token = /^bearer (\S+)$/i.exec(headers.authorization ?? "")?.[1];
  return JSON.stringify([at, path, query.toString(), headers.accept, clientCertificate, tokens.find(token)?.audience]);
}
