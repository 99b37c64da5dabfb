/** The page's line about who wrote the cluster last, its table, and the clause for log and message. */
import fc from "fast-check";
import markdownIt from "markdown-it";
import { describe, expect, it } from "vitest";
import type { LastWrite } from "../../src/contract.ts";
import { lastWriteClause, lastWrites, whyNoWrites } from "../../src/report/last-writes.ts";
import { hostileText } from "./hostile-text.ts";

const CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
const OBJECT = "7d0c7f0e-2f64-4d8b-9a3a-5b8f3f0f6c11";
const AKS = "7319c514-987d-4e9b-ac3d-d38c4f427f4c";

function write(overrides: Partial<LastWrite> = {}): LastWrite {
  return { at: "2026-11-06T02:14:59.999Z", by: "terraform-prod", application: "7d0c7f0e", operation: "Create or Update Managed Cluster", status: "Succeeded", correlationId: "c1", ...overrides };
}

const page = (...writes: readonly LastWrite[]): string => lastWrites({ seen: true, value: writes }, 200);

describe("the line", () => {
  it("has time, caller, operation and its end; with a single write the correlation ID, and no table", () => {
    expect(page(write())).toBe("**Last written** before this run: 6 Nov 02:14 UTC by **terraform-prod**, application <code>7d0c7f0e</code>: Create or Update Managed Cluster, succeeded · correlation ID <code>c1</code>");
  });

  it.each([
    ["a person, and with what", { by: "An Operator", application: CLI }, "by **An Operator** with the Azure CLI"],
    ["AKS itself", { by: AKS, application: AKS }, "by Azure Kubernetes Service: "],
    ["an application without a name", { by: OBJECT, application: "e4a1a1d7" }, "by application <code>e4a1a1d7</code>: "],
    ["an application of which there is only the object ID", { by: OBJECT, application: OBJECT }, `by application <code>${OBJECT}</code>: `],
    ["a person without an application", { by: "An Operator", application: "" }, "by **An Operator**: "],
    ["nobody", { by: "", application: "" }, "by somebody whom the log does not name: "],
    ["a key of every object", { by: "x", application: "constructor" }, "by **x**, application <code>constructor</code>: "],
  ])("names %s", (_, overrides, words) => {
    expect(page(write(overrides))).toContain(words);
  });

  it("is about the last write that did not fail", () => {
    const failed = write({ status: "Failed", by: "other", correlationId: "c2" });
    expect(page(failed, write())).toMatch(/^\*\*Last written\*\* before this run: 6 Nov 02:14 UTC by \*\*terraform-prod\*\*/);
    expect(page(failed)).toContain("by **other**, application <code>7d0c7f0e</code>: Create or Update Managed Cluster, failed");
    expect(page(write({ status: "Started" }), write())).toContain("Managed Cluster, started");
  });

  it("says that there was none; among the facts, why it is not known; nothing where the log was not asked", () => {
    expect(page()).toBe("**Last written** before this run: more than seven days ago.");
    const unread = { seen: false, why: "reading the activity log: 403", remedy: "" } as const;
    expect([lastWrites(unread, 200), whyNoWrites(unread, 200)]).toEqual(["", "not known: reading the activity log: 403"]);
    expect(lastWrites(undefined, 200)).toBe("");
  });
});

it("several writes are a folded table, newest first", () => {
  const text = page(write(), write({ at: "2026-11-05T08:00:00Z", by: "An Operator", application: CLI, status: "Failed", correlationId: "c2" }));
  expect(text).toContain("<details><summary>The last 2 writes of the cluster</summary>");
  expect(text.split("\n").filter((line) => line.startsWith("| "))).toEqual([
    "| UTC | By | Operation | Status | Correlation ID |",
    "| :-- | :-- | :-- | :-- | :-- |",
    "| 6 Nov 02:14 | **terraform-prod**, application <code>7d0c7f0e</code> | Create or Update Managed Cluster | Succeeded | <code>c1</code> |",
    "| 5 Nov 08:00 | **An Operator** with the Azure CLI | Create or Update Managed Cluster | Failed | <code>c2</code> |",
  ]);
});

it.each([
  [[write()], "last written 6 Nov 02:14 UTC by terraform-prod"],
  [[write({ by: AKS, application: AKS })], "last written 6 Nov 02:14 UTC by Azure Kubernetes Service"],
  [[write({ by: OBJECT, application: "e4a1a1d7" })], "last written 6 Nov 02:14 UTC by application e4a1a1d7"],
  [[write({ by: "" })], "last written 6 Nov 02:14 UTC by somebody whom the log does not name"],
  [[], ""],
])("the clause", (writes, clause) => {
  expect(lastWriteClause(writes)).toBe(clause);
});

it("text of the log stays text", () => {
  fc.assert(
    fc.property(hostileText, hostileText, hostileText, hostileText, (by, application, operation, status) => {
      const text = page(write({ by, application, operation, status, correlationId: by }), write({ by: operation }));
      const html = markdownIt({ html: true, linkify: true }).render(text);
      const tags = new Set([...html.matchAll(/<\/?([a-z][\w-]*)/gi)].map(([, tag = ""]) => tag.toLowerCase()));
      expect([...tags].filter((tag) => !["p", "strong", "code", "details", "summary", "table", "thead", "tbody", "tr", "th", "td"].includes(tag))).toEqual([]);
      expect(html.match(/<tr>/g), "no row more than writes").toHaveLength(3);
      expect(lastWriteClause([write({ by })])).not.toMatch(/[\r\n]/);
    }),
  );
});
