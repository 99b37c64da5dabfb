/** Counts of worlds and of what the runs said about them, so that one sees that the generator reaches every finding. Plain data. */
import { CHECK_OUTCOMES, type CheckOutcome, AZURE_CHECK_IDS, CLUSTER_CHECK_IDS } from "../../src/contract.ts";
import type { WorldDescription } from "./description.ts";
import type { PlayedWorld } from "./play.ts";
import { runsOf } from "./invariants/invariant.ts";

/** Numbers by table and row. */
export type Counts = Record<string, Record<string, number>>;

function count(counts: Counts, table: string, row: string): void {
  const rows = (counts[table] ??= {});
  rows[row] = (rows[row] ?? 0) + 1;
}

/** Counts a world that was played. */
export function countWorld(counts: Counts, world: PlayedWorld): void {
  for (const [table, row] of kindsOf(world.description)) count(counts, table, row);
  for (const what of world.neighbours) count(counts, "neighbours' actions that happened", what);
  for (const run of runsOf(world)) {
    count(counts, `status of ${run === world.checkAgain ? "the second check" : run.mode}`, run.report.status);
    for (const { id, result } of run.report.checks) count(counts, `check ${id}`, result);
    for (const { id, outcome } of run.report.plan) count(counts, `step ${id}`, outcome);
    if (run.report.error !== undefined) count(counts, "errors", run.report.error.code);
  }
}

function kindsOf({ azure, nodes, namespaces, workloads, admission, actor, course }: WorldDescription): readonly (readonly [string, string])[] {
  return [
    ["worlds", "all"],
    ["course", course.kind],
    ["sku", azure.sku],
    ["revisions", azure.revisions.join(" and ") || "mesh off"],
    ["history", azure.history],
    ["flag", azure.flag],
    ["operation in progress", azure.running],
    ["how a PUT's operation ends", azure.putEnds],
    ["cloud", azure.cloud],
    ["nodes", nodes.trouble],
    ["the API server", actor.network],
    ["rights in Azure", actor.azure],
    ["rights in the cluster", actor.cluster],
    ["Gatekeeper", admission.gatekeeper],
    ...namespaces.map(({ injection }) => ["namespaces", injection] as const),
    ...workloads.flatMap(({ kind, template, behaviour }) => [["workloads", kind] as const, ["templates", template] as const, ["behaviour", behaviour] as const]),
  ];
}

/** Adds counts to others, in place. */
export function addCounts(to: Counts, more: Counts): void {
  for (const [table, rows] of Object.entries(more)) {
    const target = (to[table] ??= {});
    for (const [row, number] of Object.entries(rows)) target[row] = (target[row] ?? 0) + number;
  }
}

/** The counts as lines: the checks with all their results, then everything else. */
export function tables(counts: Counts): readonly string[] {
  const ids = [...AZURE_CHECK_IDS, ...CLUSTER_CHECK_IDS];
  const results = (id: string): readonly number[] => CHECK_OUTCOMES.map((result: CheckOutcome) => counts[`check ${id}`]?.[result] ?? 0);
  const head = `${"check".padEnd(24)}${CHECK_OUTCOMES.map((result) => result.padStart(9)).join("")}`;
  const checks = ids.map((id) => `${id.padEnd(24)}${results(id).map((number) => String(number).padStart(9)).join("")}`);
  const others = Object.entries(counts)
    .filter(([table]) => !table.startsWith("check "))
    .map(([table, rows]) => `${table}: ${Object.entries(rows).sort((one, other) => other[1] - one[1]).map(([row, number]) => `${row} ${number}`).join(", ")}`);
  return [head, ...checks, "", ...others];
}
