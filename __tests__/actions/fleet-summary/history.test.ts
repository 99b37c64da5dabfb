import { describe, expect, it } from "vitest";
import { assembleFleet } from "../../../src/actions/fleet-summary/fleet.ts";
import { extendHistory, readHistory, trend } from "../../../src/actions/fleet-summary/history.ts";
import { driftedReport } from "../../report/samples.ts";
import { fleetReport, reads } from "./samples.ts";

const ENTRY = { at: Date.parse("2026-11-26T02:14:00Z"), compliant: 3, drifted: 1, notChecked: 0, vanished: 0 };
const FLEET = assembleFleet(reads([fleetReport("a"), fleetReport("b", driftedReport())]), undefined, undefined);

describe("the history of a fleet", () => {
  it("gets the numbers of each run, and keeps fourteen", () => {
    const last = { at: 5, compliant: 1, drifted: 1, notChecked: 0, vanished: 0 };
    expect(extendHistory([ENTRY], FLEET, 5)).toEqual([ENTRY, last]);
    const full = extendHistory(Array.from({ length: 14 }, (_, at) => ({ ...ENTRY, at })), FLEET, 5);
    expect([full.length, full[0]?.at, full.at(-1)]).toEqual([14, 1, last]);
  });

  it.each<[string, unknown]>([
    ["no history", { include: [] }],
    ["no list", null],
    ["another type", { history: "x" }],
    ["an entry that lacks a number", { history: [{ ...ENTRY, drifted: undefined }] }],
    ["a number below zero", { history: [{ ...ENTRY, drifted: -1 }] }],
    ["a text for a number", { history: [{ ...ENTRY, drifted: "<b>" }] }],
    ["a time that no date has", { history: [{ ...ENTRY, at: 8.65e15 }] }],
  ])("is empty for %s", (_, json) => {
    expect(readHistory(json)).toEqual([]);
  });

  it("is read as it was written", () => {
    expect(readHistory(JSON.parse(JSON.stringify({ include: [], history: [ENTRY] })))).toEqual([ENTRY]);
  });

  it("is a table, newest run first, from the second run on", () => {
    expect(trend([ENTRY])).toBe("");
    expect(trend([ENTRY, { ...ENTRY, at: ENTRY.at + 86_400_000, drifted: 2 }])).toContain("| 27 Nov 02:14 | 3 | 2 | 0 | 0 |\n| 26 Nov 02:14 | 3 | 1 | 0 | 0 |");
  });
});
