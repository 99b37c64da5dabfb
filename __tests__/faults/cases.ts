/** The cases of the matrix: which requests of a clean run are struck, and by what. */
import { createHash } from "node:crypto";
import type { Mode } from "../../src/contract.ts";
import type { ScenarioName } from "../../simulator/index.ts";
import { FAULTS, type NamedFault, PERSISTENT } from "./fault-kinds.ts";
import { type RunEnd, type Sender, senderOf, type Strike } from "./run-once.ts";

/** One scenario in one mode. */
export interface Cell {
  readonly scenario: ScenarioName;
  readonly mode: Mode;
}

/** What is asked of the matrix, as its command line says. */
export interface Selection {
  /** Only cases of this part, from 1. */
  readonly part: number;
  readonly parts: number;
  /** Of the faults at kubectl's own requests, one in so many. */
  readonly kubectl: number;
  readonly fault: string | undefined;
  readonly nth: number | undefined;
  /** A regular expression. */
  readonly request: string | undefined;
}

/** A fault, or the runner's cancelling, at one request. */
export interface Case {
  readonly nth: number;
  readonly sender: Sender;
  /** The request, without what differs from run to run. */
  readonly what: string;
  /** As a row of the matrix. */
  readonly name: string;
  /** Undefined: the runner cancels. */
  readonly strike: Strike | undefined;
}

const CANCEL = "cancelled, then run again";

/** The rows of the matrix, in order. */
export const ROWS: readonly string[] = [...FAULTS.map(({ name }) => name), CANCEL, ...PERSISTENT.map(({ name }) => lasting(name))];

function lasting(name: string): string {
  return `${name}, from then on`;
}

interface Point {
  readonly nth: number;
  readonly sender: Sender;
  readonly what: string;
  readonly isFirst: boolean;
}

/** How often a request that repeats is struck: the first time, the second, and the last. */
export function points(clean: RunEnd): readonly Point[] {
  const byName = new Map<string, { readonly sender: Sender; readonly what: string; readonly all: number[] }>();
  const sent: Record<Sender, number> = { action: 0, kubectl: 0 };
  for (const entry of clean.requests) {
    const sender = senderOf(entry);
    const what = `${entry.method} ${entry.service} ${entry.path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}/g, "*")}${sender === "kubectl" ? " by kubectl" : ""}`;
    const known = byName.get(what) ?? { sender, what, all: [] };
    known.all.push((sent[sender] += 1));
    byName.set(what, known);
  }
  return [...byName.values()].flatMap(({ sender, what, all }) => {
    const [first = 0, second = first] = all;
    return [...new Set([first, second, all.at(-1) ?? first])].map((nth) => ({ nth, sender, what, isFirst: nth === first }));
  });
}

/** The cases of a cell that are asked for, in a fixed order. */
export function casesOf(cell: Cell, clean: RunEnd, selection: Selection): readonly Case[] {
  const pattern = selection.request === undefined ? undefined : new RegExp(selection.request);
  const all = points(clean).flatMap((point): Case[] => {
    const { nth, sender, what, isFirst } = point;
    const strike = (fault: NamedFault, forever: boolean): Case => ({ nth, sender, what, name: forever ? lasting(fault.name) : fault.name, strike: { nth, sender, forever, fault } });
    return [
      ...FAULTS.filter(({ isCostly }) => isCostly !== true || isFirst).map((fault) => strike(fault, false)),
      ...(sender === "action" ? [{ nth, sender, what, name: CANCEL, strike: undefined }] : []),
      ...PERSISTENT.map((fault) => strike(fault, true)),
    ];
  });
  return all.filter(({ nth, sender, what, name }) => {
    if (selection.fault !== undefined && name !== selection.fault) return false;
    if (selection.nth !== undefined && nth !== selection.nth) return false;
    if (pattern?.test(what) === false) return false;
    const key = `${cell.scenario} ${cell.mode} ${sender} ${nth} ${name}`;
    return share(key, selection.parts) === selection.part - 1 && (sender === "action" || share(`kubectl ${key}`, selection.kubectl) === 0);
  });
}

/** Spreads cases evenly over so many parts, the same way each time. */
function share(key: string, parts: number): number {
  return createHash("sha256").update(key).digest().readUInt32BE(0) % parts;
}
