import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pathSegment } from "../../src/kubernetes/resource-path.ts";
import { anyCharacter } from "../any-character.ts";

describe("a path segment", () => {
  it("is the name, encoded", () => {
    expect(pathSegment("shop")).toBe("shop");
    expect(pathSegment("a/b?c#d e")).toBe("a%2Fb%3Fc%23d%20e");
  });

  it("is one segment of a URL for any name, including unpaired surrogates", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: anyCharacter }), fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units))), (name) => {
        const { pathname, search, hash } = new URL(`https://cluster.example/api/${pathSegment(name)}/pods`);
        expect(search + hash).toBe("");
        if (!/^\.{0,2}$/.test(name)) expect(pathname.split("/")).toHaveLength(4);
      }),
    );
  });
});
