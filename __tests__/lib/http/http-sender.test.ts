/** Which answers are retried. The network is a client in memory; time passes only in pauses. */
import { createEmptyPipeline, createHttpHeaders, type HttpClient } from "@azure/core-rest-pipeline";
import { describe, expect, it } from "vitest";
import type { Service } from "../../../src/lib/errors.ts";
import { HttpSender } from "../../../src/lib/http/http-sender.ts";
import { simulatedContext } from "../../simulated-context.ts";

const WEBHOOK = 'Internal error occurred: failed calling webhook "rev.namespace.sidecar-injector.istio.io": failed to call webhook: Post "https://istiod:443/inject": context deadline exceeded';
const status = (message: string): string => JSON.stringify({ kind: "Status", apiVersion: "v1", status: "Failure", reason: "InternalError", code: 500, message });

/** How often a request that may be repeated is sent, where every answer is this one. */
async function sent(service: Service, code: number, body: string): Promise<number> {
  let requests = 0;
  const client: HttpClient = {
    sendRequest: (request) => {
      requests += 1;
      return Promise.resolve({ request, status: code, headers: createHttpHeaders(), bodyAsText: body });
    },
  };
  const { context } = simulatedContext();
  const sender = new HttpSender(service, createEmptyPipeline(), client, context, "kubernetes");
  await expect(sender.send({ doing: "creating a pod", method: "POST", url: "https://cluster.test/api/v1/namespaces/shop/pods", resendable: true })).rejects.toMatchObject({ failure: { status: code } });
  return requests;
}

describe("an answer 500 of the API server", () => {
  it("is retried where the server itself failed", async () => {
    expect(await sent("Kubernetes", 500, status("etcdserver: request timed out"))).toBeGreaterThan(1);
  });
  it("is final where a webhook did not answer, which the server has waited for already", async () => {
    expect(await sent("Kubernetes", 500, status(WEBHOOK))).toBe(1);
  });
});

describe("other answers", () => {
  it("503 is retried, whatever it says", async () => {
    expect(await sent("Kubernetes", 503, status(WEBHOOK))).toBeGreaterThan(1);
  });
  it("403 is final", async () => {
    expect(await sent("Kubernetes", 403, status("forbidden"))).toBe(1);
  });
});
