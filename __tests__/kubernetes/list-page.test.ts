import { describe, expect, it } from "vitest";
import { readPage } from "../../src/kubernetes/list-page.ts";

describe("a page of a list", () => {
  it("has its objects in order and the continue token", () => {
    expect(readPage({ kind: "PodList", metadata: { continue: "x" }, items: [1, 2, 3] })).toEqual({ items: [1, 2, 3], continueToken: "x" });
  });

  it.each([[{ items: [] }], [{ items: null }], [{ items: [], metadata: null }], [{ items: [], metadata: { continue: 7 } }]])("is the last one, and empty, for %j", (body) => {
    expect(readPage(body)).toEqual({ items: [], continueToken: "" });
  });

  it.each([[null], [[]], [{}], ["items"], [{ items: 7 }], [{ kind: "Pod", metadata: { items: [] } }]])("is undefined for %j", (body) => {
    expect(readPage(body)).toBeUndefined();
  });
});
