/** Which answers are retried. The network is a client in memory; time passes only in pauses. */
import { createEmptyPipeline, createHttpHeaders, type HttpClient, RestError } from "@azure/core-rest-pipeline";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Service } from "../../../src/lib/errors.ts";
import { HttpSender } from "../../../src/lib/http/http-sender.ts";
import { simulatedContext } from "../../simulated-context.ts";

const WEBHOOK = 'Internal error occurred: failed calling webhook "rev.namespace.sidecar-injector.istio.io": failed to call webhook: Post "https://istiod:443/inject": context deadline exceeded';
const status = (message: string): string => JSON.stringify({ kind: "Status", apiVersion: "v1", status: "Failure", reason: "InternalError", code: 500, message });

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Lets the pauses pass until the work is done. */
async function withoutPauses<T>(work: Promise<T>): Promise<T> {
  const state = { isDone: false };
  const end = (): void => {
    state.isDone = true;
  };
  work.then(end, end);
  while (!state.isDone) await vi.advanceTimersByTimeAsync(1000);
  return work;
}

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
  await expect(withoutPauses(sender.send({ doing: "creating a pod", method: "POST", url: "https://cluster.test/api/v1/namespaces/shop/pods", resendable: true }))).rejects.toMatchObject({ failure: { status: code } });
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

describe("an API server that has just started", () => {
  const FORBIDDEN = { code: 403, body: status("pods is forbidden") };

  /** Sends two requests after one another, where the answers are these, then 200 for ever; "lost": a broken connection. Returns how often was sent. */
  async function answered(service: Service, first: readonly ("lost" | { readonly code: number; readonly body: string })[]): Promise<readonly number[]> {
    const answers = [...first];
    let requests = 0;
    const client: HttpClient = {
      sendRequest: (request) => {
        requests += 1;
        const answer = answers.shift() ?? { code: 200, body: "{}" };
        if (answer === "lost") return Promise.reject(new RestError("read ECONNRESET", { code: "ECONNRESET", request }));
        return Promise.resolve({ request, status: answer.code, headers: createHttpHeaders(), bodyAsText: answer.body });
      },
    };
    const { context } = simulatedContext();
    const sender = new HttpSender(service, createEmptyPipeline(), client, context, "kubernetes");
    const counts: number[] = [];
    for (let nth = 0; nth < 2; nth += 1) {
      requests = 0;
      await withoutPauses(sender.send({ doing: "listing pods", method: "GET", url: "https://cluster.test/api/v1/pods", resendable: true })).catch(() => undefined);
      counts.push(requests);
    }
    return counts;
  }

  it("refuses everybody for a moment: a 403 after a lost connection is asked again", async () => {
    expect(await answered("Kubernetes", ["lost", FORBIDDEN, FORBIDDEN])).toEqual([4, 1]);
  });
  it("does so to a request that is sent only then as well", async () => {
    expect(await answered("Kubernetes", ["lost", { code: 200, body: "{}" }, FORBIDDEN])).toEqual([2, 2]);
  });
  it("is not waited for without end: the refusal stays", async () => {
    const [first] = await answered("Kubernetes", ["lost", ...Array.from({ length: 50 }, () => FORBIDDEN)]);
    expect(first).toBe(7);
  });
  it("a 403 without a lost connection before it is final", async () => {
    expect(await answered("Kubernetes", [FORBIDDEN])).toEqual([1, 1]);
  });
  it("Resource Manager does not do so", async () => {
    expect(await answered("Resource Manager", ["lost", FORBIDDEN])).toEqual([2, 1]);
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
