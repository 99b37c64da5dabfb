/** Reads a report, as far as the fleet summary needs it. Report files are untrusted: the generated validator checks them first. */
import type { CheckOutcome, Mode, Status } from "../../contract.ts";
import { clusterParts } from "../../azure/resource-id.ts";
import { numberAt, textAt } from "../../lib/json.ts";
import { type Mismatch, validate } from "./report-validator.generated.js";

export interface FleetCheck {
  readonly title: string;
  readonly result: CheckOutcome;
  readonly message: string;
}

/** One report. Texts are plain and untrusted. */
export interface FleetReport {
  readonly mode: Mode;
  readonly status: Status;
  /** Milliseconds since the epoch. */
  readonly finishedAt: number;
  /** Empty if the run ended before it read the cluster. */
  readonly clusterId: string;
  readonly clusterName: string;
  readonly location: string;
  readonly mechanism: string;
  readonly revisions: readonly string[];
  readonly checks: readonly FleetCheck[];
  /** What stopped the run; empty if nothing did. */
  readonly error: string;
}

/** Why a file is not a report: the place in the JSON, and what was expected there. */
export interface InvalidReport {
  readonly problem: string;
  /** The cluster that the report is about, which every version of the schema has at the same place; empty if the file is not a report. */
  readonly clusterId: string;
}

/**
 * Reads a report of schema version 1, also one that an earlier release wrote: properties and checks that were added since are not
 * required, and unknown ones are ignored. Of a report of another version, only the cluster is read: its status may mean something
 * else. Never throws.
 */
export function decodeReport(json: unknown): FleetReport | InvalidReport {
  if (!validate(json)) return { problem: problemOf(json, validate.errors?.[0]), clusterId: subjectOf(json) };
  const finishedAt = Date.parse(json.finishedAt);
  if (Number.isNaN(finishedAt)) return { problem: "finishedAt is not a time", clusterId: subjectOf(json) };
  const { mode, status, cluster, mesh, checks, error } = json;
  return {
    mode,
    status,
    finishedAt,
    clusterId: cluster.id,
    clusterName: cluster.name,
    location: cluster.location,
    mechanism: mesh.redirectionMechanism.after,
    revisions: mesh.revisions,
    checks,
    error: error === undefined ? "" : `${textAt(error, "doing")}: ${textAt(error, "message")}`,
  };
}

function subjectOf(json: unknown): string {
  const id = textAt(json, "cluster", "id");
  return Number.isInteger(numberAt(json, "schemaVersion")) && clusterParts(id) !== undefined ? id : "";
}

/** JSON Schema's types in words. */
const TYPES: Readonly<Record<string, string>> = { object: "an object", array: "a list", string: "text" };

/** A mismatch in words. All names in it come from the schema, none from the file. */
function problemOf(json: unknown, mismatch: Mismatch | undefined): string {
  const { instancePath = "", keyword = "", params = {} } = mismatch ?? {};
  const path = instancePath.split("/").slice(1);
  const { type, missingProperty, allowedValue, allowedValues } = params;
  const name = path.join(".");
  switch (keyword) {
    case "type":
      return name === "" ? "it is not a JSON object" : `${name} is not ${TYPES[String(type)] ?? String(type)}`;
    case "required":
      return `${[...path, missingProperty].join(".")} is missing`;
    case "const":
      return `${name} is ${numberAt(json, ...path) ?? "of another type"}, not ${String(allowedValue)}: use the version of fleet-summary that belongs to the action that wrote it`;
    default:
      return `${name} is none of ${Array.isArray(allowedValues) ? allowedValues.join(", ") : "the allowed values"}`;
  }
}
