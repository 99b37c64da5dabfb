import { describe, expect, it } from "vitest";
import { IfMatch } from "../../src/azure/if-match.ts";

/** PUTs of a cluster whose eTag is `eTags` in turn, to an Azure that accepts only this form. Returns what was sent. */
function puts(accepts: (header: string, eTag: string) => boolean, eTags: readonly string[]): readonly string[] {
  const ifMatch = new IfMatch();
  const sent: string[] = [];
  for (const eTag of eTags) {
    const header = ifMatch.header(eTag);
    sent.push(header);
    if (accepts(header, eTag)) ifMatch.accepted(eTag);
    else ifMatch.refused(eTag);
  }
  return sent;
}
const quoted = (header: string, eTag: string): boolean => header === `"${eTag}"`;
const bare = (header: string, eTag: string): boolean => header === eTag;

describe("If-Match", () => {
  it("is quoted, as HTTP and the Azure CLI have it", () => {
    expect(puts(quoted, ["a", "b"])).toEqual(['"a"', '"b"']);
  });
  it("is bare after a refusal of an eTag that has not changed, and stays so", () => {
    expect(puts(bare, ["a", "a", "b"])).toEqual(['"a"', "a", "b"]);
  });
  it("keeps its form after a refusal because somebody else wrote", () => {
    expect(puts((header, eTag) => eTag !== "a" && quoted(header, eTag), ["a", "b"])).toEqual(['"a"', '"b"']);
  });
  it("does not quote twice", () => {
    expect(new IfMatch().header('"a"')).toBe('"a"');
    expect(new IfMatch().header('W/"a"')).toBe('W/"a"');
  });
  it("is given up once both forms were refused", () => {
    const ifMatch = new IfMatch();
    expect([ifMatch.refused("a"), ifMatch.refused("b"), ifMatch.refused("a")]).toEqual([false, false, true]);
  });
});
