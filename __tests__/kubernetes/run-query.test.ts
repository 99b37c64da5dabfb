/** Lists that do not end, or never stay: an API server decides what it answers, and not how long it is listened to. */
import { describe, expect, it } from "vitest";
import { ServiceError } from "../../src/lib/errors.ts";
import type { ListPage } from "../../src/kubernetes/list-page.ts";
import { PAGE_SIZE, runQuery } from "../../src/kubernetes/run-query.ts";
import { Get, List } from "../../src/kubernetes/query.ts";
import { simulatedContext } from "../simulated-context.ts";

const NEEDS = { action: "list pods", scope: "the cluster", role: "reader" };
/** A million objects in full pages. */
const MOST_PAGES = 1_000_000 / PAGE_SIZE;

/** Puts one question about pods to an API server that answers each page with what `answer` says; counts requests and objects. */
async function ask(answer: (request: number, continueAt: string) => ListPage | undefined) {
  const { context, lines } = simulatedContext();
  let requests = 0;
  const pods = new List<number>({ doing: "listing pods", paths: ["/api/v1/pods"], needs: NEEDS }, () => {
    let heard = 0;
    return { add: () => (heard += 1), result: () => heard };
  });
  const transport = {
    object: () => Promise.reject(new Error("nobody asked for one object")),
    page: (_: unknown, __: string, continueAt: string) => Promise.resolve().then(() => answer((requests += 1), continueAt)),
  };
  await runQuery(pods, transport, context);
  return { answer: pods.result, requests, lines };
}

describe("a list", () => {
  it("that hands out a new continue token for ever is given up, in words", async () => {
    const { answer, requests } = await ask((request) => ({ items: [{}], continueAt: `page-${request + 1}` }));
    expect(requests).toBe(MOST_PAGES);
    expect(answer).toMatchObject({ seen: false, why: "listing pods: Kubernetes answered 200: NotKubernetes: it answered a list that does not end." });
  });

  it("of a million objects is read to its end", async () => {
    const { answer, requests } = await ask((request) => ({ items: [{}, {}], continueAt: request === MOST_PAGES ? "" : `page-${request + 1}` }));
    expect(requests).toBe(MOST_PAGES);
    expect(answer).toEqual({ seen: true, value: 2 * MOST_PAGES });
  });

  it("whose next page is the one that was just read is given up at once", async () => {
    expect(await ask(() => ({ items: [{}], continueAt: "here" }))).toMatchObject({ requests: 2, answer: { seen: false } });
  });

  it("whose continue token no URL can hold is given up at once", async () => {
    expect(await ask(() => ({ items: [{}], continueAt: "x\ud800" }))).toMatchObject({ requests: 1, answer: { seen: false } });
  });

  it("that changes too much to be read is begun four times, and no more", async () => {
    const gone = { service: "Kubernetes", doing: "listing pods", status: 410, code: "Expired", message: "the token is too old" } as const;
    const { answer, requests, lines } = await ask((_, continueAt) => {
      if (continueAt !== "") throw new ServiceError(gone, "");
      return { items: [{}], continueAt: "next" };
    });
    expect(requests).toBe(8);
    expect(lines).toHaveLength(3);
    expect(answer).toMatchObject({ seen: false });
  });

  it("that is none is told so", async () => {
    expect(await ask(() => undefined)).toMatchObject({ requests: 1, answer: { seen: false } });
  });
});

describe("one object", () => {
  const get = async (object: unknown) => {
    const { context } = simulatedContext();
    const query = new Get({ doing: "reading the CNI DaemonSet", path: "/apis/apps/v1/namespaces/a/daemonsets/b", needs: NEEDS }, () => "read");
    await runQuery(query, { object: () => Promise.resolve(object), page: () => Promise.resolve(undefined) }, context);
    return query.result;
  };

  it.each([[null], [7], ["text"], [[{}]]])("is not absent because %j was answered: nobody knows", async (object) => {
    expect(await get(object)).toMatchObject({ seen: false, why: "reading the CNI DaemonSet: Kubernetes answered 200: NotKubernetes: it answered something that is not an object." });
  });

  it("is read where it is one", async () => {
    expect(await get({})).toEqual({ seen: true, value: "read" });
  });
});
