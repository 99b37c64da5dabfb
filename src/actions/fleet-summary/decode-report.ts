/** Reads a report, as far as the fleet summary needs it. Report files are untrusted: the generated validator checks them first. */
import type { CheckOutcome, Diagnosis, LastWrite, MeshCounts, Mode, Status } from "../../contract.ts";
import { clusterParts } from "../../azure/resource-id.ts";
import { numberAt, textAt } from "../../lib/json.ts";
import { type Mismatch, validate } from "./report-validator.generated.js";

export interface FleetCheck {
  /** May be one that a later version added. */
  readonly id: string;
  readonly title: string;
  readonly result: CheckOutcome;
  readonly message: string;
  readonly remedy: string;
}

/** The error that ended a run. Texts may be empty. */
export interface FleetError {
  readonly code: string;
  readonly doing: string;
  readonly message: string;
  readonly remedy: string;
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
  /** The causes of the findings; absent without findings, and in reports of earlier releases. */
  readonly diagnosis?: readonly Diagnosis<string>[];
  /** The built-in roles that the identity lacks, each once. */
  readonly missingRoles: readonly string[];
  readonly counts: Pick<MeshCounts, "podsInMesh" | "podsRedirected" | "agentsReady" | "agentsDesired">;
  readonly lastWrites: readonly Pick<LastWrite, "at" | "by" | "application" | "status">[];
  /** The job that wrote the report, or its run. An untrusted URL; empty if it is not known. */
  readonly runUrl: string;
  /** What stopped the run; undefined if nothing did. */
  readonly error: FleetError | undefined;
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
  const { mode, status, cluster, mesh, checks, diagnosis, missingRights = [], counts, lastWrites = [], run, error } = json;
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
    ...(diagnosis === undefined ? {} : { diagnosis }),
    missingRoles: [...new Set(missingRights.map(({ role }) => role))],
    counts: counts?.after ?? {},
    lastWrites: lastWrites.filter(({ at }) => !Number.isNaN(Date.parse(at))),
    runUrl: run?.url ?? "",
    error: error === undefined ? undefined : { code: textAt(error, "code"), doing: textAt(error, "doing"), message: textAt(error, "message"), remedy: textAt(error, "remedy") },
  };
}

function subjectOf(json: unknown): string {
  const id = textAt(json, "cluster", "id");
  return Number.isInteger(numberAt(json, "schemaVersion")) && clusterParts(id) !== undefined ? id : "";
}

/** JSON Schema's types in words. */
const TYPES: Readonly<Record<string, string>> = { object: "an object", array: "a list", string: "text", integer: "a whole number" };

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
    case "minimum":
      return `${name} is below ${String(params["limit"])}`;
    default:
      return `${name} is none of ${Array.isArray(allowedValues) ? allowedValues.join(", ") : "the allowed values"}`;
  }
}
