/** A Resource Manager that gives prepared answers, behind the real ArmClient and its sender. */
import { createHttpHeaders, type HttpClient } from "@azure/core-rest-pipeline";
import { ArmClient } from "../../src/azure/arm-client.ts";
import { knownCloud } from "../../src/azure/clouds.ts";
import type { RunContext } from "../../src/lib/run-context.ts";

export interface CannedAnswer {
  readonly status: number;
  /** As text; JSON unless it is a string already. Undefined: no body. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface SentRequest {
  readonly method: string;
  readonly url: string;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

/** Answers each request with what `answer` returns for it; keeps the requests. */
export function cannedArm(context: RunContext, answer: (request: SentRequest) => CannedAnswer): { readonly arm: ArmClient; readonly sent: SentRequest[]; readonly discarded: string[] } {
  const sent: SentRequest[] = [];
  const discarded: string[] = [];
  const client: HttpClient = {
    sendRequest: (request) => {
      const { method, url, body, headers } = request;
      const entry = { method, url, body, headers: headers.toJSON() };
      sent.push(entry);
      const given = answer(entry);
      const text = given.body === undefined ? "" : typeof given.body === "string" ? given.body : JSON.stringify(given.body);
      return Promise.resolve({ request, status: given.status, headers: createHttpHeaders(given.headers), bodyAsText: text });
    },
  };
  const credential = {
    getToken: () => Promise.resolve({ token: `token-${discarded.length + 1}`, expiresOnTimestamp: Number.MAX_SAFE_INTEGER }),
    discard: (token: string) => void discarded.push(token),
  };
  return { arm: new ArmClient(knownCloud("AzureCloud"), credential, context, client), sent, discarded };
}
