import { describe, expect, it } from "vitest";
import { listAll } from "../../src/azure/paged-list.ts";
import type { ArmClient } from "../../src/azure/arm-client.ts";

const ORIGIN = "https://management.example";

/** A Resource Manager that answers each path with a body, and keeps the paths that it was asked for. */
function arm(pages: Readonly<Record<string, unknown>>): { readonly arm: ArmClient; readonly asked: string[] } {
  const asked: string[] = [];
  const send = ({ path }: { path: string }): Promise<unknown> => {
    asked.push(path);
    return Promise.resolve({ status: 200, json: () => pages[path] });
  };
  return { arm: { origin: ORIGIN, send } as unknown as ArmClient, asked };
}

const list = (pages: Readonly<Record<string, unknown>>): Promise<readonly unknown[]> => listAll(arm(pages).arm, { doing: "listing", path: "/a?v=1" });

describe("a list", () => {
  it("is read page by page, in order, one request each", async () => {
    const service = arm({ "/a?v=1": { value: [1, 2], nextLink: `${ORIGIN}:443/a?v=1&$skiptoken=b%2Bc` }, "/a?v=1&$skiptoken=b%2Bc": { value: [3], nextLink: null } });
    expect(await listAll(service.arm, { doing: "listing", path: "/a?v=1" })).toEqual([1, 2, 3]);
    expect(service.asked).toEqual(["/a?v=1", "/a?v=1&$skiptoken=b%2Bc"]);
  });

  it.each([
    ["another origin", { value: [], nextLink: "https://evil.example/a" }, "https://evil.example"],
    ["another port", { value: [], nextLink: `${ORIGIN}:8443/a` }, ":8443"],
    ["a name in front", { value: [], nextLink: "https://management.example@evil.example/a" }, "https://evil.example"],
    ["plain HTTP", { value: [], nextLink: "http://management.example/a" }, "http://management.example"],
    ["no address", { value: [], nextLink: "a?page=2" }, "no address"],
    ["a number", { value: [], nextLink: 7 }, "no address"],
    ["the same page", { value: [], nextLink: `${ORIGIN}/a?v=1` }, "read before"],
  ])("refuses a next page at %s", async (_, page, words) => {
    await expect(list({ "/a?v=1": page })).rejects.toThrow(words);
  });

  it("that always has another page is given up after a thousand", async () => {
    let asked = 0;
    const send = (): Promise<unknown> => Promise.resolve({ status: 200, json: () => ({ value: [1], nextLink: `${ORIGIN}/a?page=${(asked += 1)}` }) });
    await expect(listAll({ origin: ORIGIN, send } as unknown as ArmClient, { doing: "listing", path: "/a" })).rejects.toThrow("more than 1000 pages");
    expect(asked).toBe(1000);
  });

  it("takes a million items in one page", async () => {
    expect(await list({ "/a?v=1": { value: Array.from({ length: 1_000_000 }, () => 0) } })).toHaveLength(1_000_000);
  });

  it.each([[undefined], [null], [[]], [{}], [{ value: {} }], ["x"]])("refuses a page that is none: %j", async (page) => {
    await expect(list({ "/a?v=1": page })).rejects.toThrow("without a list");
  });
});
