/** Azure Policy's Gatekeeper: a validating webhook that lists the violated constraints, one per line. */
import { type JsonObject, textAt } from "../../lib/json.ts";
import type { GatekeeperConstraint } from "../../world/admission.ts";
import type { World } from "../../world/world.ts";
import { addedCapabilities, containersOf } from "./capabilities.ts";
import type { AdmissionResult, Refusal } from "./refusal.ts";

const WEBHOOK = "validation.gatekeeper.sh";

/** The violations of one constraint, with the messages of its template. */
function violations({ about, allowed }: GatekeeperConstraint, pod: JsonObject): string[] {
  return containersOf(pod).flatMap((container) => {
    const name = textAt(container, "name") ?? "";
    if (about === "capabilities") {
      const isAllowed = allowed.includes("*") || addedCapabilities(container).every((added) => allowed.includes(added));
      const list = `[${allowed.map((capability) => `"${capability}"`).join(", ")}]`;
      return isAllowed ? [] : [`container <${name}> has a disallowed capability. Allowed capabilities are ${list}`];
    }
    const image = textAt(container, "image") ?? "";
    const isAllowed = allowed.some((prefix) => image.startsWith(prefix));
    return isAllowed ? [] : [`Container image ${image} for container ${name} has not been allowed.`];
  });
}

/** Checks a pod against all constraints for its namespace. */
export function checkGatekeeper(world: World, namespace: string, pod: JsonObject): AdmissionResult {
  const lines = (enforcement: GatekeeperConstraint["enforcement"]): string[] =>
    world.kubernetes.admission.gatekeeper
      .filter((constraint) => constraint.enforcement === enforcement)
      .filter(({ namespaces }) => namespaces?.includes(namespace) ?? true)
      .flatMap((constraint) => violations(constraint, pod).map((text) => `[${constraint.name}] ${text}`));
  const denied = lines("deny");
  const refusal: Refusal = {
    status: 403,
    reason: "Forbidden",
    message: () => `admission webhook "${WEBHOOK}" denied the request: ${denied.join("\n")}`,
  };
  return { refusal: denied.length === 0 ? undefined : refusal, warnings: lines("warn") };
}
