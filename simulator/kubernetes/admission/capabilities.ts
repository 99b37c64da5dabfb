/** The capabilities of a pod's containers. */
import { type JsonObject, objectsAt, valueAt } from "../../lib/json.ts";

/** What the baseline Pod Security Standard lets a container add. */
export const BASELINE_CAPABILITIES: ReadonlySet<string> = new Set([
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
]);

/** All containers of a pod, init containers first. */
export function containersOf(pod: JsonObject): JsonObject[] {
  return [...objectsAt(pod, "spec", "initContainers"), ...objectsAt(pod, "spec", "containers")];
}

function texts(container: JsonObject, key: string): string[] {
  const list = valueAt(container, "securityContext", "capabilities", key);
  return Array.isArray(list) ? list.filter((name) => typeof name === "string") : [];
}

/** The capabilities that a container adds. */
export function addedCapabilities(container: JsonObject): string[] {
  return texts(container, "add");
}

/** Whether a container drops every capability that it does not add. */
export function dropsAll(container: JsonObject): boolean {
  return texts(container, "drop").includes("ALL");
}
