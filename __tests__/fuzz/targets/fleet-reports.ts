/**
 * Reports of a fleet, the list of its clusters, and what the previous run left. Whatever they say, the page, the log and the annotations
 * are inert, and a fleet is compliant only if every cluster's latest report says so.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import markdownIt from "markdown-it";
import { annotateFleet } from "../../../src/actions/fleet-summary/annotations.ts";
import { fleetCauses } from "../../../src/actions/fleet-summary/causes.ts";
import { decodeReport } from "../../../src/actions/fleet-summary/decode-report.ts";
import { readExpectedClusters } from "../../../src/actions/fleet-summary/expected-clusters.ts";
import { assembleFleet } from "../../../src/actions/fleet-summary/fleet.ts";
import { extendHistory, readHistory } from "../../../src/actions/fleet-summary/history.ts";
import type { ReadReports } from "../../../src/actions/fleet-summary/report-files.ts";
import { renderFleet } from "../../../src/actions/fleet-summary/summary.ts";
import { causeMessage, causeTitle, fleetMessage } from "../../../src/actions/fleet-summary/verdict.ts";
import { labelsFor } from "../../../src/actions/cluster-label.ts";
import { parseJson, textAt } from "../../../src/lib/json.ts";
import { plain } from "../../../src/report/escape.ts";
import { driftedReport, failedReport, report } from "../../report/samples.ts";
import { captureStdout } from "../capture-stdout.ts";
import { Choices } from "../choices.ts";
import type { Target } from "../target.ts";

const TEXTS = JSON.parse(readFileSync(new URL("../../e2e/hostile-corpus.json", import.meta.url), "utf8")) as [string, ...string[]];
const RUN = "https://github.com/contoso/platform/actions/runs/42";
const NOW = Date.UTC(2026, 10, 27);
const SUBSCRIPTION = "11111111-2222-3333-4444-555555555555";
const idOf = (name: string): string => `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/${name}`;

const write = { at: "2026-11-26T02:14:00Z", by: "terraform-prod", application: "", operation: "write", status: "Succeeded", correlationId: "" };
const diagnosis = { cause: "cni-chaining-enabled", consequences: [], message: "CNI chaining is off.", remedy: "Run with mode: apply: it is enough.", commands: ["az aks show --resource-group demo --name demo-aks --subscription 11111111-2222-3333-4444-555555555555"] };
const REPORTS: readonly [unknown, ...unknown[]] = [
  report({ counts: { before: undefined, after: { podsInMesh: 7, podsRedirected: 6, agentsReady: 3, agentsDesired: 3 } }, run: { url: `${RUN}/job/7` } } as never),
  driftedReport({ lastWrites: [write], diagnosis: [diagnosis] } as never),
  failedReport(),
  report({ status: "unverified", missingRights: [{ action: "get daemonsets", scope: "the cluster", role: "RBAC Reader" }] } as never),
];
const LIST = {
  include: [{ cluster: idOf("aks-a"), name: "aks-a" }, { cluster: idOf("aks-b") }],
  otherBatches: [idOf("aks-c")],
  gaps: [{ subscriptionId: SUBSCRIPTION, reason: "AuthorizationFailed: no.", remedy: "Assign Reader:\naz role assignment create --role Reader" }],
  subscriptions: [SUBSCRIPTION],
  subscriptionsFrom: "identity",
  excluded: [{ cluster: idOf("aks-d"), mesh: "on", inputs: ["exclude"] }],
  subscriptionNames: { [SUBSCRIPTION]: "contoso-prod" },
  azureEnvironment: "AzureCloud",
  history: [{ at: NOW - 86_400_000, compliant: 1, drifted: 2, notChecked: 0, vanished: 0 }],
};

type Slot = readonly [parent: Record<string, unknown>, key: string];

/** Every property and item of a JSON value. */
function slotsOf(value: unknown): readonly Slot[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.keys(value).flatMap((key): readonly Slot[] => [[value as Record<string, unknown>, key], ...slotsOf((value as Record<string, unknown>)[key])]);
}

/** A JSON value with some properties replaced. */
function altered(value: unknown, choices: Choices): unknown {
  const copy: unknown = structuredClone(value);
  for (let changes = choices.below(4); changes > 0; changes -= 1) {
    const slots = slotsOf(copy);
    const [parent, key] = slots[choices.below(65_536) % Math.max(1, slots.length)] ?? [{}, ""];
    const before = parent[key];
    const text = choices.below(2) === 0 ? choices.pick(TEXTS) : choices.text();
    parent[key] = choices.pick([text, `${String(before)}${text}`, `${text}${String(before)}`, null, choices.below(65_536), [before, before], { [text]: before }, idOf(text), -1]);
  }
  return copy;
}

function readFiles(files: readonly unknown[]): ReadReports {
  const read = files.map((json, index) => ({ path: `reports/${index}.json`, decoded: decodeReport(json) }));
  return {
    reports: read.flatMap(({ decoded }) => ("problem" in decoded ? [] : [decoded])),
    unreadable: read.flatMap(({ path, decoded }) => ("problem" in decoded ? [{ path, ...decoded }] : [])),
  };
}

const filesFrom = (choices: Choices): readonly unknown[] => Array.from({ length: choices.below(4) }, () => altered(choices.pick(REPORTS), choices));

function fuzz(data: Buffer): string {
  const choices = new Choices(data);
  const isJson = choices.below(4) === 0;
  const files = isJson ? [parseJson(choices.rest().toString("utf8")), REPORTS[0]] : filesFrom(choices);
  const list = altered(LIST, choices);
  const expected = choices.below(2) === 0 ? readExpectedClusters(list) : undefined;
  const previousList = altered(LIST, choices);
  const previous = choices.below(2) === 0 ? undefined : { reports: readFiles(filesFrom(choices)), clusters: readExpectedClusters(previousList) };
  const now = readFiles(files);

  const fleet = assembleFleet(now, expected, previous);
  const causes = fleetCauses(fleet.members);
  const history = extendHistory(readHistory(previousList), fleet, NOW);
  const { subscriptionNames = new Map<string, string>(), azureEnvironment = "" } = expected ?? {};
  const page = renderFleet({ fleet, causes, comparing: previous !== undefined, history, subscriptionNames, links: { run: RUN, azureEnvironment } });
  const label = labelsFor([...fleet.vanished, ...fleet.members]);
  const lines = [fleetMessage(fleet, causes), ...causes.map((cause) => `${causeTitle(cause)}: ${causeMessage(cause, label)}`)].map((line) => plain(line));
  const annotations = captureStdout(() => annotateFleet({ reports: [], previous: [], previousClusters: "", allowEmpty: false, expected, failOn: { drift: true, couldNotCheck: true, vanished: true } }, fleet, causes));

  expectInertPage(page);
  expectInertLog([...lines, ...annotations.split("\n")]);
  if (fleet.status === "compliant") expectCompliant(files, now, (expected?.gaps ?? []).length);
  return `${fleet.status} ${fleet.members.map(({ state }) => state).join(" ")}`;
}

/** Every file is a report, and says that its cluster is compliant, unless another file is about the same cluster. */
function expectCompliant(files: readonly unknown[], { unreadable }: ReadReports, gaps: number): void {
  assert.equal(unreadable.length + gaps, 0, "what could not be read is not compliant");
  const isFine = (json: unknown): boolean => ["compliant", "changed"].includes(textAt(json, "status"));
  const idIn = (json: unknown): string => textAt(json, "cluster", "id").toLowerCase();
  for (const json of files) assert(isFine(json) || files.some((other) => isFine(other) && idIn(json) !== "" && idIn(other) === idIn(json)), "a cluster is compliant if its report says so");
}

const TAGS = new Set("h2 h3 p table thead tbody tr th td code pre details summary ul li strong em br blockquote a sub".split(" "));
const HEADING = /^(?:⚠️|❓|✅|Since |By subscription$)/u;
const UNSEEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

function expectInertPage(page: string): void {
  const html = markdownIt({ html: true, linkify: true }).render(page);
  for (const [, tag = ""] of html.matchAll(/<\/?([a-z][\w-]*)/gi)) assert(TAGS.has(tag.toLowerCase()), `the page has no element ${tag}`);
  for (const [, href = ""] of html.matchAll(/(?:href|src)="([^"]*)"/g)) assert.match(href, /^https:\/\/(?:github\.com\/contoso\/platform\/actions\/runs\/|portal\.azure\.(?:com|us|cn)\/#@\/resource\/subscriptions\/)/, "a link leads to a run or to the portal");
  for (const [, heading = ""] of html.matchAll(/<h[1-6]>(.*?)<\/h/g)) assert(HEADING.test(heading), `a heading is one of the action's own: ${heading}`);
  assert.doesNotMatch(html, /<[^>]+\son\w+=/, "the page has no script");
  assert.doesNotMatch(page, UNSEEN, "the page has no invisible character");
}

function expectInertLog(lines: readonly string[]): void {
  for (const line of lines) {
    if (/^[\s\p{Cf}]*::/u.test(line)) assert.match(line, /^::(?:error|warning) title=[^:]*::/, "a workflow command is one of the action's own");
    assert(!line.includes("##["), "the log has no command of the runner");
    assert.doesNotMatch(line, UNSEEN, "the log has no invisible character");
  }
}

export const target: Target = {
  covers: ["decode-report", "fleet", "causes", "verdict", "summary", "cause-sections", "change-section", "cluster-tables", "commands", "expected-clusters", "vanished", "history", "annotations", "links"].map((name) => `src/actions/fleet-summary/${name}.ts`),
  seeds: () => [
    ...REPORTS.map((json) => Buffer.from(`\0${JSON.stringify(json)}`)),
    Buffer.from([1, 3, 0, 0, 1, 0, 2, 0, 0, 0, 0, 0]),
    Buffer.from([1, 3, 1, 1, 0, 9, 0, 5, 0, 0, 1, 0, 12, 0, 9, 1, 1, 0, 0, 3, 0, 1, 0, 2, 0]),
    Buffer.from([2, 2, 3, 2, 0, 30, 0, 20, 1, 0, 31, 1, 1, 97, 2, 1, 3, 0, 0, 1, 1, 2, 1, 0, 1, 0, 2, 0]),
    Buffer.from([1, 0, 0, 1, 0, 1, 0, 2, 0, 0, 3, 0]),
  ],
  tokens: [...TEXTS.slice(0, 60), '"status":"compliant"', '"schemaVersion":1', '"cluster":{"id":', '"__proto__":{"status":"compliant"}', '"finishedAt":"+275760-09-13T00:00:00Z"', idOf("aks-a"), "az aks show", "$(id)"],
  fuzz,
};
