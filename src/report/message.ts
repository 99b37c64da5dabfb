/** The verdict of a run in one line, fit for a chat message or a notification. Pure. */
import type { Report } from "../contract.ts";

/** The cluster, what was found or what came back, and what to do. Unescaped: texts of Azure and Kubernetes are in it. */
export function messageOf({ cluster, status, mode, checks, error }: Report): string {
  const name = cluster.name === "" ? "unknown cluster" : cluster.name;
  if (error !== undefined) return oneLine(`${name}: ${status} while ${error.doing}: ${error.message} ${error.remedy}`);
  const failing = checks.filter(({ result }) => result === "fail");
  const [first] = failing;
  if (first !== undefined) {
    const more = failing.length > 1 ? ` (and ${failing.length - 1} more failed ${failing.length === 2 ? "check" : "checks"})` : "";
    return oneLine(`${name}: ${status}: ${first.message}${more} ${first.remedy}`);
  }
  const proof = checks.find(({ id }) => id === "pods-redirected")?.message ?? "";
  const goal = status === "unverified" ? "" : mode === "disable" ? "Init containers redirect." : "CNI chaining is on.";
  return oneLine(`${name}: ${status}. ${goal} ${proof}`);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
