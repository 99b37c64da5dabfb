import { describe, expect, it } from "vitest";
import { ERROR_TABLE } from "../../src/lib/error-table.ts";
import { anchorsOf, sourceFiles, textOf } from "./repository.ts";

const PAGE = textOf("docs/troubleshooting.md");
const anchors = anchorsOf(PAGE);

/** Codes that the action gives its own errors, wherever one is made. */
function ownCodes(): readonly string[] {
  const made = sourceFiles().flatMap((path) => [...textOf(path).matchAll(/\bcode: (?:code \?\? )?"([A-Z][A-Za-z]+)"/g)].map(([, code = ""]) => code));
  return [...new Set(made)].filter((code) => code !== "NotAzure" && code !== "RequestTimeout");
}

describe("docs/troubleshooting.md", () => {
  it.each(ERROR_TABLE.map(({ id, remedy }) => ({ id, remedy })))("has the anchor $id, with its remedy", ({ id, remedy }) => {
    expect(anchors).toContain(id);
    for (const line of remedy.split("\n")) expect(PAGE).toContain(line);
  });

  it("has each row once", () => {
    expect(new Set(ERROR_TABLE.map(({ id }) => id)).size).toBe(ERROR_TABLE.length);
  });

  it("explains every code that the action gives its own errors", () => {
    const codes = ownCodes();
    expect(codes).toContain("InvalidInput");
    expect(codes.filter((code) => !PAGE.includes(`\`${code}\``))).toEqual([]);
  });

  it.each(["the-daemonset-never-becomes-ready", "status-is-unverified", "pods-keep-istio-init", "nothing-is-injected-at-all", "terraform-apply-switches-it-back"])(
    "has the hand-written part %s",
    (anchor) => {
      expect(anchors).toContain(anchor);
    },
  );
});
