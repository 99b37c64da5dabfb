/** Who wrote the cluster last. Pure. The activity log does not say which properties a write changed, and so nor do these texts. */
import type { LastWrite } from "../contract.ts";
import { count } from "../lib/plural.ts";
import type { Observed } from "../lib/observed.ts";
import { code, markdown, visible } from "./escape.ts";
import { dayAndTime } from "./format.ts";
import { blocks, details, table } from "./markdown.ts";

/**
 * Applications of Microsoft through which people write clusters, and AKS itself. Source: "Verify first-party Microsoft applications in
 * sign-in reports" in Microsoft's documentation.
 */
const KNOWN_APPLICATIONS: Readonly<Record<string, string>> = {
  "04b07795-8ddb-461a-bbee-02f9e1bf7b46": "the Azure CLI",
  "1950a258-227b-4e31-a9cf-717495945fc2": "Azure PowerShell",
  "c44b4083-3bb0-49c1-b47d-974e53cbdf3c": "the Azure portal",
  "7319c514-987d-4e9b-ac3d-d38c4f427f4c": "Azure Kubernetes Service",
};

const NOBODY = "somebody whom the log does not name";
const FAILED = /^(?:failed|cancell?ed)$/i;

/** Why it is not known who wrote the cluster last; empty if it is known, or the log was not asked. */
export function whyNoWrites(writes: Observed<readonly LastWrite[]> | undefined, limit: number): string {
  return writes === undefined || writes.seen ? "" : `not known: ${markdown(writes.why, limit)}`;
}

/** One line about the last write, and a folded table of all of them where there are several. Empty if the log was not asked, or could not be read. */
export function lastWrites(writes: Observed<readonly LastWrite[]> | undefined, limit: number): string {
  if (writes?.seen !== true) return "";
  const { value } = writes;
  return blocks(lastWriteLine(value, limit), value.length < 2 ? "" : details(`The last ${count(value.length, "write")} of the cluster`, writesTable(value, limit)));
}

function lastWriteLine(writes: readonly LastWrite[], limit: number): string {
  const write = lastOf(writes);
  if (write === undefined) return "**Last written** before this run: more than seven days ago.";
  const what = [markdown(write.operation, limit), markdown(write.status.toLowerCase(), limit)].filter((part) => part !== "").join(", ");
  const { day, time } = dayAndTime(write.at);
  const correlation = writes.length > 1 ? "" : code(write.correlationId, limit);
  return `**Last written** before this run: ${day} ${time} UTC by ${author(write, limit)}${what === "" ? "" : `: ${what}`}${correlation === "" ? "" : ` · correlation ID ${correlation}`}`;
}

/** The last write that did not fail; if all failed, the last one. Undefined if there is none. */
export function lastOf<Write extends Pick<LastWrite, "status">>(writes: readonly Write[]): Write | undefined {
  return writes.find(({ status }) => !FAILED.test(status)) ?? writes[0];
}

/** `**terraform-prod**, application 7d0c…`, `**An Operator** with the Azure CLI`, `application 7d0c…`. */
function author({ by, application }: LastWrite, limit: number): string {
  const known = knownApplication(application);
  const name = isId(by) ? "" : markdown(by, limit);
  const id = code(application || by, limit);
  if (name === "") return known ?? (id === "" ? NOBODY : `application ${id}`);
  if (known !== undefined) return `**${name}** with ${known}`;
  return application === "" || application === by ? `**${name}**` : `**${name}**, application ${id}`;
}

function writesTable(writes: readonly LastWrite[], limit: number): string {
  const rows = writes.map((write) => {
    const { day, time } = dayAndTime(write.at);
    return [`${day} ${time}`, author(write, limit), markdown(write.operation, limit), markdown(write.status, limit), code(write.correlationId, limit)];
  });
  return table(["UTC", "By", "Operation", "Status", "Correlation ID"], rows);
}

/** `last written 26 Nov 02:14 UTC by terraform-prod`; empty if there is no write. Unescaped: texts of Azure are in it. */
export function lastWriteClause(writes: readonly LastWrite[]): string {
  const write = lastOf(writes);
  if (write === undefined) return "";
  const { day, time } = dayAndTime(write.at);
  return `last written ${day} ${time} UTC by ${authorName(write)}`;
}

/** The author of a write in a few words. Unescaped. */
export function authorName({ by, application }: Pick<LastWrite, "by" | "application">): string {
  const name = isId(by) ? (knownApplication(application) ?? `application ${visible(application) || by}`) : visible(by);
  return name || NOBODY;
}

function knownApplication(id: string): string | undefined {
  const key = id.toLowerCase();
  return Object.hasOwn(KNOWN_APPLICATIONS, key) ? KNOWN_APPLICATIONS[key] : undefined;
}

/** Whether a caller is an object ID, of an application that has no name in the log. */
function isId(text: string): boolean {
  return /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(text);
}
