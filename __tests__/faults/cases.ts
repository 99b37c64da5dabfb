/** The cases of the matrix: which fault is injected at which request of a clean run. */
import { createHash } from "node:crypto";
import type { Mode } from "../../src/contract.ts";
import type { RequestLogEntry, ScenarioName } from "../../simulator/index.ts";
import { FAULTS, type NamedFault, PERSISTENT } from "./fault-kinds.ts";
import { type FaultTarget, type RunEnd, type Sender, senderOf } from "./run-types.ts";

/** One scenario in one mode. */
export interface Cell {
  readonly scenario: ScenarioName;
  readonly mode: Mode;
}

/** The selected part of the matrix, from its command line. */
export interface Selection {
  /** Only cases of this part, from 1. */
  readonly part: number;
  readonly parts: number;
  /** One in this many faults at kubectl's own requests is selected. */
  readonly kubectl: number;
  readonly fault: string | undefined;
  readonly nth: number | undefined;
  /** A regular expression. */
  readonly request: string | undefined;
}

/** A fault, or a cancellation by the runner, at one request. */
export interface Case {
  readonly nth: number;
  readonly sender: Sender;
  /** The request, without the parts that differ between runs. */
  readonly request: string;
  /** The row of the matrix. */
  readonly name: string;
  /** The same request of the run without a fault. */
  readonly entry: RequestLogEntry;
  /** undefined: the runner cancels. */
  readonly target: FaultTarget | undefined;
}

const CANCEL = "cancelled, then run again";

/** The rows of the matrix, in order. */
export const ROWS: readonly string[] = [...FAULTS.map(({ name }) => name), CANCEL, ...PERSISTENT.map(({ name }) => persistentName(name))];

function persistentName(name: string): string {
  return `${name}, from then on`;
}

/** A request at which faults are injected. */
interface FaultPoint {
  readonly nth: number;
  readonly sender: Sender;
  readonly request: string;
  readonly entry: RequestLogEntry;
  readonly isFirst: boolean;
}

/** The requests at which faults are injected: of equal requests the first, the second and the last one. */
export function faultPoints(clean: RunEnd): readonly FaultPoint[] {
  const byName = new Map<string, { readonly sender: Sender; readonly request: string; readonly all: { readonly nth: number; readonly entry: RequestLogEntry }[] }>();
  const sent: Record<Sender, number> = { action: 0, kubectl: 0 };
  for (const entry of clean.requests) {
    const sender = senderOf(entry);
    const request = `${entry.method} ${entry.service} ${entry.path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}/g, "*")}${sender === "kubectl" ? " by kubectl" : ""}`;
    const known = byName.get(request) ?? { sender, request, all: [] };
    known.all.push({ nth: (sent[sender] += 1), entry });
    byName.set(request, known);
  }
  return [...byName.values()].flatMap(({ sender, request, all }) => {
    const [first, second] = all;
    return [...new Set([first, second, all.at(-1)])].flatMap((each) => (each === undefined ? [] : [{ ...each, sender, request, isFirst: each === first }]));
  });
}

/** The selected cases of a cell, in a fixed order. */
export function casesOf(cell: Cell, clean: RunEnd, selection: Selection): readonly Case[] {
  const pattern = selection.request === undefined ? undefined : new RegExp(selection.request);
  const all = faultPoints(clean).flatMap((point): Case[] => {
    const { nth, sender, request, entry, isFirst } = point;
    const caseOf = (fault: NamedFault, persistent: boolean): Case => ({ nth, sender, request, entry, name: persistent ? persistentName(fault.name) : fault.name, target: { nth, sender, persistent, fault } });
    return [
      ...FAULTS.filter(({ isCostly }) => isCostly !== true || isFirst).map((fault) => caseOf(fault, false)),
      ...(sender === "action" ? [{ nth, sender, request, entry, name: CANCEL, target: undefined }] : []),
      ...PERSISTENT.map((fault) => caseOf(fault, true)),
    ];
  });
  return all.filter(({ nth, sender, request, name }) => {
    if (selection.fault !== undefined && name !== selection.fault) return false;
    if (selection.nth !== undefined && nth !== selection.nth) return false;
    if (pattern?.test(request) === false) return false;
    const key = `${cell.scenario} ${cell.mode} ${sender} ${nth} ${name}`;
    return partOf(key, selection.parts) === selection.part - 1 && (sender === "action" || partOf(`kubectl ${key}`, selection.kubectl) === 0);
  });
}

/** The case at the same request with another fault. */
export function caseNamed(name: string, { nth, sender, request, entry }: Case): Case {
  const persistent = PERSISTENT.find((fault) => persistentName(fault.name) === name);
  const fault = persistent ?? FAULTS.find((each) => each.name === name);
  if (fault === undefined) throw new Error(`There is no fault ${name}.`);
  return { nth, sender, request, entry, name, target: { nth, sender, persistent: persistent !== undefined, fault } };
}

/** Assigns a case to one of this many parts: evenly, and always to the same one. */
function partOf(key: string, parts: number): number {
  return createHash("sha256").update(key).digest().readUInt32BE(0) % parts;
}
