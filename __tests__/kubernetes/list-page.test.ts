import { describe, expect, it } from "vitest";
import { readPage } from "../../src/kubernetes/list-page.ts";

describe("a page of a list", () => {
  it("gives its objects in order, and where it goes on", () => {
    expect(readPage({ kind: "PodList", metadata: { continue: "x" }, items: [1, 2, 3] })).toEqual({ items: [1, 2, 3], continueAt: "x" });
  });

  it.each([[{ items: [] }], [{ items: null }], [{ items: [], metadata: null }], [{ items: [], metadata: { continue: 7 } }]])("is the last one, and empty: %j", (body) => {
    expect(readPage(body)).toEqual({ items: [], continueAt: "" });
  });

  it.each([[null], [[]], [{}], ["items"], [{ items: 7 }], [{ kind: "Pod", metadata: { items: [] } }]])("is none: %j", (body) => {
    expect(readPage(body)).toBeUndefined();
  });
});
