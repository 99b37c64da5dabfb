/** The capabilities of a pod's containers. */
import { type JsonObject, objectsAt, valueAt } from "../../lib/json.ts";

/** The capabilities that the baseline Pod Security Standard allows. */
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

function capabilityList(container: JsonObject, key: string): string[] {
  const list = valueAt(container, "securityContext", "capabilities", key);
  return Array.isArray(list) ? list.filter((name) => typeof name === "string") : [];
}

/** The capabilities that a container adds. */
export function addedCapabilities(container: JsonObject): string[] {
  return capabilityList(container, "add");
}

/** Whether a container drops all capabilities. */
export function dropsAll(container: JsonObject): boolean {
  return capabilityList(container, "drop").includes("ALL");
}
