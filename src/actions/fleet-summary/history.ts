/** The numbers of clusters in the last runs, which each run leaves to the next in its list of clusters. Pure. */
import { count, number } from "../../lib/plural.ts";
import { arrayAt, numberAt } from "../../lib/json.ts";
import { dayAndTime } from "../../report/format.ts";
import { details, table } from "../../report/markdown.ts";
import type { Fleet } from "./fleet.ts";

/** One run. */
export interface HistoryEntry {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly compliant: number;
  readonly drifted: number;
  readonly notChecked: number;
  readonly vanished: number;
}

/** How many runs are kept: two weeks of nights. */
const RUNS = 14;
/** The latest time that a Date can hold. */
const LATEST = 8.64e15;

/** Reads the history of a list that a run left, oldest first. Entries that are malformed are left out. Never throws. */
export function readHistory(json: unknown): readonly HistoryEntry[] {
  return arrayAt(json, "history").flatMap(entryOf).slice(-RUNS);
}

function entryOf(json: unknown): readonly HistoryEntry[] {
  const [at, compliant, drifted, notChecked, vanished] = ["at", "compliant", "drifted", "notChecked", "vanished"].map((key) => numberAt(json, key));
  const isCount = (value: number | undefined): value is number => value !== undefined && Number.isSafeInteger(value) && value >= 0;
  if (!isCount(at) || at > LATEST || !isCount(compliant) || !isCount(drifted) || !isCount(notChecked) || !isCount(vanished)) return [];
  return [{ at, compliant, drifted, notChecked, vanished }];
}

/** The history with this run. @param at when it ended, in milliseconds since the epoch */
export function extendHistory(history: readonly HistoryEntry[], { members, vanished }: Fleet, at: number): readonly HistoryEntry[] {
  const numberOf = (verdict: string): number => members.filter((member) => member.verdict === verdict).length;
  const entry = { at, compliant: numberOf("fine"), drifted: numberOf("drift"), notChecked: numberOf("could-not-check"), vanished: vanished.filter(({ isLost }) => isLost).length };
  return [...history, entry].slice(-RUNS);
}

/** The numbers of the last runs, newest first, folded; empty for a single run. */
export function trend(history: readonly HistoryEntry[]): string {
  if (history.length < 2) return "";
  const rows = history.toReversed().map(({ at, compliant, drifted, notChecked, vanished }) => {
    const { day, time } = dayAndTime(new Date(at).toISOString());
    return [`${day} ${time}`, ...[compliant, drifted, notChecked, vanished].map(number)];
  });
  return details(`The last ${count(history.length, "run")}`, table(["Run (UTC)", "Compliant", "Drifted", "Not checked", "Vanished"], rows));
}
