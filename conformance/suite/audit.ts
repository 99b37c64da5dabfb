/** What the API server's audit log says that a user has asked. */
import { openSync, closeSync, fstatSync, readSync } from "node:fs";
import { isObject, type Json, parseJson, textAt, valueAt } from "../../simulator/lib/json.ts";

export interface Asked {
  readonly verb: string;
  /** `patch deployments.apps shop/web`, `create pods shop (dry run)`. */
  readonly text: string;
  readonly isDryRun: boolean;
  readonly isWrite: boolean;
  readonly code: number;
  /** The body of a write. */
  readonly body: Json | undefined;
}

const READS = new Set(["get", "list", "watch"]);

/** The end of the log at this moment. */
export function auditMark(file: string): number {
  const descriptor = openSync(file, "r");
  try {
    return fstatSync(descriptor).size;
  } finally {
    closeSync(descriptor);
  }
}

function textFrom(file: string, mark: number): string {
  const descriptor = openSync(file, "r");
  try {
    const size = fstatSync(descriptor).size;
    const buffer = Buffer.alloc(Math.max(0, size - mark));
    readSync(descriptor, buffer, 0, buffer.length, mark);
    return buffer.toString("utf8");
  } finally {
    closeSync(descriptor);
  }
}

function asked(entry: Json): Asked {
  const verb = textAt(entry, "verb") ?? "";
  const isDryRun = /[?&]dryRun=/.test(textAt(entry, "requestURI") ?? "");
  const part = (name: string): string => textAt(entry, "objectRef", name) ?? "";
  const resource = part("apiGroup") === "" ? part("resource") : `${part("resource")}.${part("apiGroup")}`;
  const place = [part("namespace"), part("name")].filter((text) => text !== "").join("/");
  const code = valueAt(entry, "responseStatus", "code");
  const text = [verb, resource === "" ? (textAt(entry, "requestURI") ?? "") : resource, place].filter((word) => word !== "").join(" ");
  return {
    verb,
    text: isDryRun ? `${text} (dry run)` : text,
    isDryRun,
    isWrite: !READS.has(verb),
    code: typeof code === "number" ? code : 0,
    body: valueAt(entry, "requestObject"),
  };
}

/** What a user has asked since a mark, in the order of the log. */
export function auditSince(file: string, mark: number, user: string): Asked[] {
  return textFrom(file, mark)
    .split("\n")
    .map(parseJson)
    .filter((entry) => isObject(entry) && textAt(entry, "user", "username") === user)
    .flatMap((entry) => (entry === undefined ? [] : [asked(entry)]));
}

/** Writes that are stored: no dry runs. */
export function storedWrites(all: readonly Asked[]): Asked[] {
  return all.filter(({ isWrite, isDryRun }) => isWrite && !isDryRun);
}
