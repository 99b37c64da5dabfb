import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TextPool } from "../../../src/kubernetes/protobuf/text-pool.ts";
import { anyCharacter } from "../../any-character.ts";

describe("the text pool", () => {
  it("returns the decoded text, regardless of earlier calls", () => {
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 80 }), fc.string({ unit: anyCharacter, maxLength: 80 }).map((text) => Buffer.from(text)), fc.constantFrom("istio-proxy", "", "ALL").map((text) => Buffer.from(text)));
    const pool = new TextPool();
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 30 }), (texts) => {
        const all = Buffer.concat(texts);
        let start = 0;
        for (const text of texts) {
          const end = start + text.length;
          const expected = Buffer.from(text).toString("utf8");
          expect([pool.text(all, start, end), pool.text(all, start, end)]).toEqual([expected, expected]);
          start = end;
        }
      }),
    );
  });
});
