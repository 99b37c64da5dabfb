/** What changed since the previous run, on the page of a fleet. Pure. */
import { code, markdown } from "../../report/escape.ts";
import { dayAndTime } from "../../report/format.ts";
import { andMore, blocks, list } from "../../report/markdown.ts";
import { number } from "../../lib/plural.ts";
import type { Change, Fleet, VanishedMember } from "./fleet.ts";
import { clusterWithLinks, type LinkContext, portalUrl } from "./links.ts";
import { link } from "../../report/links.ts";

type Wording = readonly [kind: Change["kind"], one: string, several: string];

const WORSE: readonly Wording[] = [
  ["drifted", "drifted", "drifted"],
  ["lost", "could no longer be checked", "could no longer be checked"],
];
const BETTER: readonly Wording[] = [
  ["fixed", "was repaired", "were repaired"],
  ["found-again", "could be checked again", "could be checked again"],
  ["new", "is new", "are new"],
];

/** The changes as a list; one line if there is none. Empty without a previous run. @param limit names of each kind */
export function changeSection({ changes, vanished, members, previousAt }: Fleet, limit: number, text: number, context: LinkContext): string {
  if (changes === undefined) return "";
  const still = members.filter(({ verdict }) => verdict === "drift").length - changes.filter(({ kind }) => kind === "drifted").length;
  const itemsOf = (wordings: readonly Wording[]): readonly string[] =>
    wordings.flatMap(([kind, one, several]) => {
      const found = changes.filter((change) => change.kind === kind).map(({ member }) => member);
      return found.length === 0 ? [] : [`**${number(found.length)} ${found.length === 1 ? one : several}:** ${names(found.map((member) => clusterWithLinks(member, context)), limit)}`];
    });
  const items = [
    ...itemsOf(WORSE),
    ...goneItems(vanished, limit, text, context),
    ...itemsOf(BETTER),
    ...(still > 0 ? [`${number(still)} drifted before and still ${still === 1 ? "does" : "do"}.`] : []),
  ];
  const since = previousAt === undefined ? "the previous run" : `${when(previousAt)} UTC, the previous run`;
  return items.length === 0 ? `Nothing changed since ${since}.` : blocks(`### Since ${since}`, list(items));
}

/** The clusters that are no longer in the list, by reason. */
function goneItems(vanished: readonly VanishedMember[], limit: number, text: number, context: LinkContext): readonly string[] {
  const reasons = new Map<string, VanishedMember[]>();
  for (const cluster of vanished) reasons.set(cluster.why, [...(reasons.get(cluster.why) ?? []), cluster]);
  return [...reasons].map(([why, found]) => {
    const linked = found.map((cluster) => link(code(cluster.name, 200), portalUrl(cluster.id, context)) || code(cluster.name, 200));
    return `**${number(found.length)} ${found.length === 1 ? "is" : "are"} gone from the list:** ${names(linked, limit)}. ${markdown(why, text)}`;
  });
}

function names(all: readonly string[], limit: number): string {
  return [all.slice(0, limit).join(", "), andMore(all.length - limit)].filter((part) => part !== "").join(" ");
}

function when(at: number): string {
  const { day, time } = dayAndTime(new Date(at).toISOString());
  return `${day} ${time}`;
}
