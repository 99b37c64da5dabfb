/** The causes on the page of a fleet: the clusters of each, who wrote them last, and what to do. Pure. */
import { code, fenced, markdown } from "../../report/escape.ts";
import { andMore, blocks, details } from "../../report/markdown.ts";
import { count, number } from "../../lib/plural.ts";
import { upperFirst } from "../../report/format.ts";
import type { FleetCause } from "./causes.ts";
import { scriptFor } from "./commands.ts";
import { causeTitle } from "./verdict.ts";
import { clusterWithLinks, type LinkContext } from "./links.ts";

/** Limits of a section. */
export interface CauseLimits {
  /** Causes. */
  readonly causes: number;
  /** Clusters of each cause that are named. */
  readonly clusters: number;
  /** UTF-16 units of a text. */
  readonly text: number;
}

/** How many clusters a loop of commands lists, and how many lines of commands are not folded. */
const LOOP = 50;
const UNFOLDED = 12;

const ICONS: Readonly<Record<FleetCause["verdict"], string>> = { drift: "⚠️", "could-not-check": "❓" };

/** A section for each cause. */
export function causeSections(causes: readonly FleetCause[], limits: CauseLimits, context: LinkContext): string {
  const told = new Set<string>();
  const sections = causes.slice(0, limits.causes).map((cause) => {
    const isTold = told.has(cause.remedy);
    told.add(cause.remedy);
    return section(isTold ? { ...cause, remedy: cause.remedy === "" ? "" : "as above." } : cause, limits, context);
  });
  return blocks(...sections, andMore(causes.length - limits.causes, " causes"));
}

function section(cause: FleetCause, limits: CauseLimits, context: LinkContext): string {
  const { verdict, written, remedy, members } = cause;
  const { text } = limits;
  const shown = members.slice(0, limits.clusters);
  const names = shown.map(({ member }) => (member.problem?.kind === "not-listed" ? code(member.subscriptionId, text) : clusterWithLinks(member, context)));
  return blocks(
    `### ${ICONS[verdict]} ${markdown(causeTitle(cause), text)}`,
    written === "" ? "" : `${markdown(upperFirst(written), text)}.`,
    [[...new Set(names)].filter((name) => name !== "").join(" · "), andMore(members.length - shown.length)].filter((part) => part !== "").join(" "),
    remedy === "" ? "" : `**What to do:** ${markdown(remedy, text)}`,
    commands(members),
  );
}

function commands(members: FleetCause["members"]): string {
  const { lines, leftOut } = scriptFor(members, LOOP);
  if (lines.length === 0) return "";
  const block = blocks(fenced("sh", lines), leftOut === 0 ? "" : `The commands leave out ${count(leftOut, "more", "more")}.`);
  return lines.length <= UNFOLDED ? block : details(`Commands for ${number(members.length - leftOut)} of them`, block);
}
