/** From a file's JSON to a report, as far as the fleet's page needs it. The file is somebody else's: nothing is taken on trust. */
import { CHECK_OUTCOMES, type CheckOutcome, MODES, type Mode, STATUSES, type Status } from "../../contract.ts";
import { at, isRecord, numberAt, textAt } from "../../lib/json.ts";

export interface FleetCheck {
  readonly id: string;
  readonly title: string;
  readonly result: CheckOutcome;
  readonly message: string;
  readonly remedy: string;
}

/** What one report says. Texts are plain and untrusted. */
export interface FleetReport {
  readonly mode: Mode;
  readonly status: Status;
  /** Milliseconds since the epoch. */
  readonly finishedAt: number;
  /** Empty for a run that ended before it knew. */
  readonly clusterId: string;
  readonly clusterName: string;
  readonly location: string;
  readonly sku: string;
  readonly mechanism: string;
  readonly revisions: readonly string[];
  readonly checks: readonly FleetCheck[];
  /** What stopped the run; empty where it went through. */
  readonly error: string;
}

/** Why a file is no report, in words: where, and what was expected there. */
export interface UnreadableReport {
  readonly problem: string;
}

class Shape extends Error {}

/** Reads a report of schema version 1. Properties that it does not know are left alone: a later version may have more. Never throws. */
export function decodeReport(json: unknown): FleetReport | UnreadableReport {
  try {
    return decode(json);
  } catch (error) {
    if (error instanceof Shape) return { problem: error.message };
    throw error;
  }
}

function decode(json: unknown): FleetReport {
  if (!isRecord(json)) throw new Shape("it is not a JSON object");
  const version = numberAt(json, "schemaVersion");
  if (version !== 1) throw new Shape(`schemaVersion is ${version === undefined ? "missing" : String(version)}, not 1`);
  const mode = oneOf(json, MODES, "mode");
  const status = oneOf(json, STATUSES, "status");
  moment(json, "startedAt");
  const finishedAt = moment(json, "finishedAt");
  for (const part of ["cluster", "mesh", "feature", "pods", "requests"]) {
    if (!isRecord(at(json, part))) throw new Shape(`${part} is not an object`);
  }
  for (const name of ["id", "kubernetesVersion", "provisioningState", "powerState"]) text(json, "cluster", name);
  const revisions = list(json, "mesh", "revisions").map((revision) => {
    if (typeof revision !== "string") throw new Shape("mesh.revisions holds something that is not text");
    return revision;
  });
  for (const step of list(json, "plan")) for (const name of ["id", "title", "outcome"]) text(step, name);
  if (numberAt(json, "pods", "total") === undefined) throw new Shape("pods.total is not a number");
  const error = at(json, "error");
  if (error !== undefined && !isRecord(error)) throw new Shape("error is not an object");
  return {
    mode,
    status,
    finishedAt,
    clusterId: text(json, "cluster", "id"),
    clusterName: text(json, "cluster", "name"),
    location: text(json, "cluster", "location"),
    sku: text(json, "cluster", "sku"),
    mechanism: text(json, "mesh", "redirectionMechanism", "after"),
    revisions,
    checks: list(json, "checks").map((check) => ({
      id: text(check, "id"),
      title: text(check, "title"),
      result: oneOf(check, CHECK_OUTCOMES, "result"),
      message: text(check, "message"),
      remedy: text(check, "remedy"),
    })),
    error: error === undefined ? "" : `${textAt(error, "doing")}: ${textAt(error, "message")}`,
  };
}

function text(from: unknown, ...path: readonly string[]): string {
  const value = at(from, ...path);
  if (typeof value !== "string") throw new Shape(`${path.join(".")} is not text`);
  return value;
}

function list(from: unknown, ...path: readonly string[]): readonly unknown[] {
  const value = at(from, ...path);
  if (!Array.isArray(value)) throw new Shape(`${path.join(".")} is not a list`);
  return value;
}

function oneOf<T extends string>(from: unknown, choices: readonly T[], name: string): T {
  const value = at(from, name);
  const choice = choices.find((known) => known === value);
  if (choice === undefined) throw new Shape(`${name} is none of ${choices.join(", ")}`);
  return choice;
}

function moment(from: unknown, name: string): number {
  const value = Date.parse(text(from, name));
  if (Number.isNaN(value)) throw new Shape(`${name} is not a time`);
  return value;
}
