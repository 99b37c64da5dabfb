import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TextPool } from "../../../src/kubernetes/protobuf/text-pool.ts";

describe("texts from a pool", () => {
  it("are what the bytes say, however often and after whatever else they were asked for", () => {
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 80 }), fc.string({ unit: "binary", maxLength: 80 }).map((text) => Buffer.from(text)), fc.constantFrom("istio-proxy", "", "ALL").map((text) => Buffer.from(text)));
    const pool = new TextPool();
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 30 }), (pieces) => {
        const all = Buffer.concat(pieces);
        let start = 0;
        for (const piece of pieces) {
          const end = start + piece.length;
          const said = Buffer.from(piece).toString("utf8");
          expect([pool.text(all, start, end), pool.text(all, start, end)]).toEqual([said, said]);
          start = end;
        }
      }),
    );
  });
});
