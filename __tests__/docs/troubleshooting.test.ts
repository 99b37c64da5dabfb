import { describe, expect, it } from "vitest";
import { AZURE_CHECK_IDS, CLUSTER_CHECK_IDS } from "../../src/contract.ts";
import { ERROR_CODES } from "../../src/lib/error-codes.ts";
import { ERROR_TABLE, rowFor } from "../../src/lib/error-table.ts";
import { ownCodes } from "./own-codes.ts";
import { anchorsOf, textOf } from "./repository.ts";

const PAGE = textOf("docs/troubleshooting.md");
const anchors = anchorsOf(PAGE);

/** The text of the section below a heading of the second level. */
function section(heading: string): string {
  const [, text = ""] = PAGE.split(`\n## ${heading}\n`);
  return text.split(/^## /m)[0] ?? "";
}

/** The titles and texts below the headings of the third level. */
function entries(heading: string): ReadonlyMap<string, string> {
  const parts = section(heading).split(/^### (.+)$/m).slice(1);
  return new Map(parts.flatMap((title, index) => (index % 2 === 0 ? [[title, parts[index + 1] ?? ""] as const] : [])));
}

describe("docs/troubleshooting.md", () => {
  it.each(ERROR_TABLE.map(({ id, remedy }) => ({ id, remedy })))("has the anchor $id, with its remedy", ({ id, remedy }) => {
    expect(anchors).toContain(id);
    for (const line of remedy.split("\n")) expect(PAGE).toContain(line);
  });

  it("has each row once", () => {
    expect(new Set(ERROR_TABLE.map(({ id }) => id)).size).toBe(ERROR_TABLE.length);
  });

  it("explains exactly the checks that there are: what it means, why, and what to do", () => {
    const checks = entries("What the checks find");
    expect([...checks.keys()]).toEqual([...AZURE_CHECK_IDS, ...CLUSTER_CHECK_IDS]);
    for (const [id, text] of checks) expect(text.match(/^\*\*(?:Means|Why|Do):\*\*/gm), id).toEqual(["**Means:**", "**Why:**", "**Do:**"]);
  });

  it("explains exactly the codes that the action gives its own errors", () => {
    expect([...entries("What the action itself says").keys()].sort()).toEqual([...ERROR_CODES].sort());
  });

  it("those are the codes in the source, without those that a row of the error table explains", () => {
    const failure = (code: string) => ({ service: "Resource Manager" as const, doing: "", code, message: "" });
    expect(ownCodes().filter((code) => rowFor(failure(code)) === undefined)).toEqual([...ERROR_CODES].sort());
  });

  it("has no two headings with the same anchor", () => {
    const titles = [...PAGE.matchAll(/^#{2,3} (.+)$/gm)].map(([, title = ""]) => title.toLowerCase());
    expect(titles).toHaveLength(new Set(titles).size);
  });

  it.each(["the-daemonset-never-becomes-ready", "status-is-unverified", "pods-keep-istio-init", "nothing-is-injected-at-all", "terraform-apply-switches-it-back"])(
    "has the hand-written part %s",
    (anchor) => {
      expect(anchors).toContain(anchor);
    },
  );
});
