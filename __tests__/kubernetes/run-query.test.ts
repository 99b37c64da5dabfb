/** Queries whose responses are not what an API server should send: lists without an end, expiring tokens, other types. */
import { describe, expect, it } from "vitest";
import { ServiceError } from "../../src/lib/errors.ts";
import type { ListPage } from "../../src/kubernetes/list-page.ts";
import { PAGE_SIZE } from "../../src/kubernetes/paging.ts";
import { Get, List } from "../../src/kubernetes/query.ts";
import { runQuery } from "../../src/kubernetes/run-query.ts";
import { simulatedContext } from "../simulated-context.ts";

const NEEDS = { action: "list pods", scope: "the cluster", role: "reader" };
/** A million objects in full pages. */
const MAX_PAGES = 1_000_000 / PAGE_SIZE;

/** Lists pods from an API server that returns what `respond` returns for each page; counts requests and objects. */
async function listPods(respond: (request: number, continueToken: string) => ListPage | undefined) {
  const { context, lines } = simulatedContext();
  let requests = 0;
  const warnings: string[] = [];
  const pods = new List<number>({ doing: "listing pods", paths: ["/api/v1/pods"], needs: NEEDS }, () => {
    let count = 0;
    return { add: () => (count += 1), result: () => count };
  });
  const transport = {
    getObject: () => Promise.reject(new Error("unexpected request for one object")),
    getPage: (_: unknown, __: string, continueToken: string) => Promise.resolve().then(() => respond((requests += 1), continueToken)),
    warn: (text: string) => void warnings.push(text),
  };
  await runQuery(pods, transport, context);
  return { result: pods.result, requests, lines, warnings };
}

describe("a list", () => {
  it("with a new continue token on every page fails, and the message says why", async () => {
    const { result, requests } = await listPods((request) => ({ items: [{}], continueToken: `page-${request + 1}` }));
    expect(requests).toBe(MAX_PAGES);
    expect(result).toMatchObject({ seen: false, why: "listing pods: Kubernetes answered 200: NotKubernetes: the list does not end." });
  });

  it("of a million objects is read to its end", async () => {
    const { result, requests } = await listPods((request) => ({ items: [{}, {}], continueToken: request === MAX_PAGES ? "" : `page-${request + 1}` }));
    expect(requests).toBe(MAX_PAGES);
    expect(result).toEqual({ seen: true, value: 2 * MAX_PAGES });
  });

  it("that repeats its continue token fails at once", async () => {
    expect(await listPods(() => ({ items: [{}], continueToken: "here" }))).toMatchObject({ requests: 2, result: { seen: false } });
  });

  it("whose continue token cannot be part of a URL fails at once", async () => {
    expect(await listPods(() => ({ items: [{}], continueToken: "x\ud800" }))).toMatchObject({ requests: 1, result: { seen: false } });
  });

  const gone = { service: "Kubernetes", doing: "listing pods", status: 410, code: "Expired", message: "the token is too old" } as const;
  it("whose continue token keeps expiring goes on with the rest that the API server offers, and says that counts may be off", async () => {
    const { result, requests, warnings } = await listPods((_, continueToken) => {
      if (continueToken === "next") throw new ServiceError({ ...gone, continueToken: "rest" }, "");
      return { items: [{}], continueToken: continueToken === "" ? "next" : "" };
    });
    expect(requests).toBe(9);
    expect(result).toEqual({ seen: true, value: 2 });
    expect(warnings).toEqual([expect.stringContaining("Counts may be off")]);
  });

  it("whose continue token keeps expiring is started four times at most", async () => {
    const { result, requests, lines } = await listPods((_, continueToken) => {
      if (continueToken !== "") throw new ServiceError(gone, "");
      return { items: [{}], continueToken: "next" };
    });
    expect(requests).toBe(8);
    expect(lines).toHaveLength(3);
    expect(result).toMatchObject({ seen: false });
  });

  it("fails if the response is not a list", async () => {
    expect(await listPods(() => undefined)).toMatchObject({ requests: 1, result: { seen: false } });
  });
});

describe("one object", () => {
  const get = async (object: unknown) => {
    const { context } = simulatedContext();
    const query = new Get({ doing: "reading the CNI DaemonSet", path: "/apis/apps/v1/namespaces/a/daemonsets/b", needs: NEEDS }, () => "read");
    await runQuery(query, { getObject: () => Promise.resolve(object), getPage: () => Promise.resolve(undefined), warn: () => undefined }, context);
    return query.result;
  };

  it.each([[null], [7], ["text"], [[{}]]])("fails, and does not count as absent, if the response is %j", async (object) => {
    expect(await get(object)).toMatchObject({ seen: false, why: "reading the CNI DaemonSet: Kubernetes answered 200: NotKubernetes: the response is not an object." });
  });

  it("is read if the response is an object", async () => {
    expect(await get({})).toEqual({ seen: true, value: "read" });
  });
});
