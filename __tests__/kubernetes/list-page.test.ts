import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openPage } from "../../src/kubernetes/list-page.ts";

/** Of a resource that no description of fields knows, so that all of each object is read. */
const open = (text: string, resource = "widgets"): { readonly items: readonly unknown[]; readonly continueAt: string } | undefined => {
  const page = openPage({ bytes: Buffer.from(text), json: () => JSON.parse(text) as unknown }, resource);
  return page === undefined ? undefined : { items: [...page.items], continueAt: page.continueAt };
};
/** As Go writes it: what is the list's own first, the items last. */
const list = (items: unknown, metadata: object = {}): string => JSON.stringify({ kind: "PodList", apiVersion: "v1", metadata, items });
const pod = (name: string, more: object = {}): object => ({ metadata: { name, ...more }, spec: { containers: [{ name: "app" }] } });

describe("a page of a list", () => {
  it("gives its objects in order, and where it goes on", () => {
    expect(open(list([pod("a"), pod("b"), pod("c")], { continue: "x" }))).toEqual({ items: [pod("a"), pod("b"), pod("c")], continueAt: "x" });
  });

  it.each([
    ["no objects", list([])],
    ["null for no objects", list(null)],
    ["a line break at its end", `${list([])}\n`],
  ])("may have %s", (_, text) => {
    expect(open(text)).toEqual({ items: [], continueAt: "" });
  });

  it("gives of pods what is read of pods", () => {
    const managedFields = [{ manager: 'a "quoted" ]} manager', fieldsV1: { 'k:{"name":"x"}': { ".": {} }, 'f:\\"': [[]] } }, {}];
    expect(open(list([pod("a", { managedFields }), pod("b", { labels: { managedFields: "[1" } })]), "pods")?.items).toEqual([
      { metadata: { name: "a" }, spec: { containers: [] } },
      { metadata: { name: "b", labels: { managedFields: "[1" } }, spec: { containers: [] } },
    ]);
  });

  it("is not fooled by texts that look like the end of an object, or like managed fields", () => {
    const hostile = { annotations: { a: '},{"metadata":{', b: ',"managedFields":[', c: '"items":[', d: "]}" } };
    expect(open(list([pod("a", hostile), pod("b")]))?.items).toEqual([pod("a", hostile), pod("b")]);
  });

  it("may hold objects with lists of objects that have metadata of their own", () => {
    const claims = { spec: { volumeClaimTemplates: [{ metadata: { name: "x" } }, { metadata: { name: "y" } }] } };
    const items = [pod("a"), { ...pod("b"), ...claims }, pod("c")];
    expect(open(list(items))?.items).toEqual(items);
  });

  it.each([
    ["its metadata at the end", JSON.stringify({ items: [pod("a"), pod("b")], metadata: { continue: "x" } })],
    ["white space in between", JSON.stringify(JSON.parse(list([pod("a"), pod("b")], { continue: "x" })), undefined, 2)],
    ["a list after its own", JSON.stringify({ metadata: { continue: "x" }, items: [pod("a"), pod("b")], others: [1] })],
  ])("is read as well with %s", (_, text) => {
    expect(open(text)).toEqual({ items: [pod("a"), pod("b")], continueAt: "x" });
  });

  it.each(["null", "[]", "{}", '{"items":7}', '{"kind":"Pod","metadata":{"items":[]}}'])("is none: %s", (text) => {
    expect(open(text)).toBeUndefined();
  });

  it("is no JSON where it was cut", () => {
    const text = list([pod("a"), pod("b")]);
    for (let length = 0; length < text.length; length += 1) expect(() => open(text.slice(0, length)), String(length)).toThrow(SyntaxError);
  });

  it("is what JSON.parse makes of it, whatever is in it", () => {
    const items = fc.array(fc.record({ metadata: fc.dictionary(fc.string(), fc.jsonValue()), status: fc.jsonValue() }));
    fc.assert(
      fc.property(items, (made) => {
        const text = list(made);
        expect(open(text)?.items).toEqual((JSON.parse(text) as { readonly items: unknown }).items);
      }),
    );
  });
});
