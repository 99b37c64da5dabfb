/** The annotations of a fleet: one for each cause, with the clusters named; and the exit code. */
import { annotate } from "../../github/publish.ts";
import { count, number } from "../../lib/plural.ts";
import { labelsFor } from "../cluster-label.ts";
import type { FleetCause } from "./causes.ts";
import type { Fleet, VanishedMember } from "./fleet.ts";
import type { FleetConfig } from "./inputs.ts";
import { causeMessage, causeTitle, namesOf } from "./verdict.ts";

/** GitHub shows ten annotations of each level for a step. The last one counts the causes that are not shown. */
const SHOWN = 9;

/** An annotation, before it is escaped. */
interface Found {
  readonly level: "error" | "warning";
  readonly title: string;
  readonly message: string;
}

/** Writes the annotations. @returns the exit code of the step */
export function annotateFleet({ failOn, allowEmpty }: FleetConfig, { members, vanished, hasOtherBatches }: Fleet, causes: readonly FleetCause[]): 0 | 1 {
  const label = labelsFor([...vanished, ...members]);
  const fails = (cause: FleetCause): boolean => (cause.verdict === "drift" ? failOn.drift : failOn.couldNotCheck);
  const isEmpty = members.length === 0 && !hasOtherBatches;
  const found: readonly Found[] = [
    ...byReason(vanished).map((group) => vanishedAnnotation(group, failOn.vanished, label)),
    ...causes.map((cause) => ({ level: fails(cause) ? ("error" as const) : ("warning" as const), title: causeTitle(cause), message: causeMessage(cause, label) })),
    ...(isEmpty ? [{ level: allowEmpty ? ("warning" as const) : ("error" as const), title: "No cluster was checked", message: `There is no report and no expected cluster.${allowEmpty ? "" : " Set allow-empty: true if that is intended."}` }] : []),
  ];
  const errors = found.filter(({ level }) => level === "error");
  for (const group of [errors, found.filter(({ level }) => level === "warning")]) {
    for (const { level, title, message } of group.slice(0, SHOWN)) annotate(level, title, `${message} See the job summary.`);
    const [hidden] = group.slice(SHOWN);
    if (hidden !== undefined) annotate(hidden.level, "More causes", `${count(group.length - SHOWN, "more cause", "more causes")}: see the job summary.`);
  }
  return errors.length > 0 ? 1 : 0;
}

function byReason(vanished: readonly VanishedMember[]): readonly (readonly VanishedMember[])[] {
  const groups = new Map<string, VanishedMember[]>();
  for (const cluster of vanished) groups.set(cluster.why, [...(groups.get(cluster.why) ?? []), cluster]);
  return [...groups.values()];
}

/** @param group clusters that are gone for the same reason */
function vanishedAnnotation(group: readonly VanishedMember[], fails: boolean, label: (cluster: VanishedMember) => string): Found {
  const [first] = group;
  const isLost = first?.isLost === true;
  return {
    level: isLost && fails ? "error" : "warning",
    title: `${number(group.length)} ${group.length === 1 ? "cluster" : "clusters"} ${isLost ? "vanished since the previous run" : "no longer in the list"}`,
    message: `${namesOf(group.map(label))}. ${first?.why ?? ""}`,
  };
}
