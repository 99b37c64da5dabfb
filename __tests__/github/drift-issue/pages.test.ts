/** What a drift issue says, word for word: `pages.md`. `npx vitest run __tests__/github/drift-issue/pages -u` writes it anew. */
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import type { Report } from "../../../src/contract.ts";
import { changedComment, closedComment, duplicateComment, issueBody, issueTitle, reopenedComment } from "../../../src/github/drift-issue/text.ts";
import { check, driftedReport, report } from "../../report/samples.ts";

const RUN = { url: "https://github.com/contoso/platform/actions/runs/42", id: "42" };
const NO_PAGE = { url: "", id: "" };
const MARKER = "<!-- marker -->";

const PROPERTY = ["proxyRedirectionMechanism", "expected CNIChaining", "found InitContainers", "last write to the cluster: 2026-05-04T09:00:00Z by an application"];
const MECHANISM = check({ result: "fail", title: "CNI chaining is off", message: "The mesh redirects by InitContainers.", evidence: PROPERTY, remedy: "Run mode apply." });
const PODS = check({ id: "pods-redirected", result: "fail", title: "2 pods are not redirected correctly", message: "Redirection is broken in 2 pods.", evidence: ["shop/cart: legacy-init"], remedy: "Restart them." });
const LABELS = check({ id: "namespaces-labelled", result: "fail", title: "Injection is off", message: "In 25 namespaces.", evidence: Array.from({ length: 25 }, (_, index) => `team-${String(index)}: no label`), remedy: "Label them.\n    kubectl label namespace NAMESPACE istio.io/rev=asm-1-27" });
const WARNING = check({ id: "cni-covers-nodes", result: "warn", title: "A node is new", message: "It has no agent yet." });
const UNDECIDED = check({ id: "admission-probe", result: "skip", title: "Admission: not checked", message: "The probe was refused." });
const WRITE = { at: "2026-05-04T09:00:00Z", by: "terraform-prod", application: "7d0c5a36-0000-0000-0000-000000000000", operation: "Write", status: "Succeeded", correlationId: "c-1" };

const EXPLAINED: Report = driftedReport({
  checks: [MECHANISM, PODS, WARNING, UNDECIDED],
  lastWrites: [WRITE],
  diagnosis: [
    { cause: "cni-chaining-enabled", consequences: ["pods-redirected"], message: MECHANISM.message, remedy: "Run mode apply.", commands: ["az aks mesh proxy-redirection-mechanism --help"] },
    { cause: "admission-probe", consequences: [], message: UNDECIDED.message, remedy: "Grant the right.", commands: [] },
  ],
});
const LISTED = driftedReport({ checks: [LABELS, MECHANISM] });
const SAME_AS_MESSAGE = driftedReport({ checks: [check({ result: "fail", title: "CNI chaining is off", message: "It is off.", evidence: ["It is off."] })], mesh: { mode: "Istio", revisions: [], redirectionMechanism: { before: "", after: "" } } });
const CHANGE = { added: ["cni-chaining-enabled"], changed: ["pods-redirected"], gone: ["mesh-enabled", "admission-probe"] } as const;

const pages = (): readonly (readonly [situation: string, page: string])[] => [
  ["The body, with a cause, what follows from it, and who wrote the cluster last", issueBody(MARKER, EXPLAINED, ["admission-probe", "cluster-ready"], RUN)],
  ["The body, without a diagnosis, with more evidence than it shows", issueBody(MARKER, LISTED, [], RUN)],
  ["The body, of a run without a page, where the evidence says no more than the message", issueBody(MARKER, SAME_AS_MESSAGE, [], NO_PAGE)],
  ["The comment on changes", changedComment(EXPLAINED, CHANGE, RUN)],
  ["The comment on changes, of a run without a page", changedComment(EXPLAINED, CHANGE, NO_PAGE)],
  ["The comment on a reopened issue", reopenedComment(EXPLAINED, RUN)],
  ["The comment on a closed issue", closedComment(report(), ["cni-chaining-enabled", "mesh-enabled"], RUN)],
  ["The comment on an issue that an apply closed", closedComment(report({ status: "changed" }), ["cni-chaining-enabled"], RUN)],
  ["The comment on a duplicate", duplicateComment(7, RUN)],
];

it("the pages of a drift issue", async () => {
  const text = pages().map(([situation, page]) => `# ${situation}\n\n${page}\n`).join("\n");
  await expect(text).toMatchFileSnapshot(fileURLToPath(new URL("pages.md", import.meta.url)));
});

it.each<[string, string, string, readonly string[], string]>([
  ["a cluster in a resource group", "/subscriptions/s/resourcegroups/mesh/providers/x/demo", "demo", [], "demo in mesh"],
  ["a cluster whose name Azure did not give", "/subscriptions/s/resourceGroups/mesh/providers/x/demo", "", [], "demo in mesh"],
  ["a cluster whose group is not known", "demo", "demo", [], "demo"],
  ["a run about namespaces", "demo", "demo", ["shop", "team-*"], "demo, namespaces shop, team-*"],
  ["a glob that would mention somebody", "demo", "demo", ["@te!am"], "demo, namespaces team"],
  ["long names", `/subscriptions/s/resourceGroups/${"g".repeat(99)}/x`, "n".repeat(99), [], `${"n".repeat(80)} in ${"g".repeat(80)}`],
])("the title of an issue about %s", (_, id, name, namespaces, title) => {
  expect(issueTitle(report({ cluster: { ...report().cluster, id, name } }), namespaces)).toBe(`Istio CNI drift: ${title}`);
});
