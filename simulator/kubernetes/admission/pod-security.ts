/** Pod Security admission: the rules of the Pod Security Standards that pods of a mesh can violate. */
import { type JsonObject, objectsAt, textAt, valueAt } from "../../lib/json.ts";
import { addedCapabilities, BASELINE_CAPABILITIES, containersOf, dropsAll } from "./capabilities.ts";
import { type AdmissionResult, forbidden } from "./refusal.ts";

type Level = "baseline" | "restricted";

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}

function containerNames(containers: readonly JsonObject[]): string {
  return `${containers.length === 1 ? "container" : "containers"} ${quoted(containers.map((each) => textAt(each, "name") ?? ""))}`;
}

/** The finding about the containers that fail a test; none where all pass. */
function finding(
  containers: readonly JsonObject[],
  fails: (container: JsonObject) => boolean,
  rule: string,
  requirement: string,
  prefix = "",
): string[] {
  const failing = containers.filter(fails);
  return failing.length === 0 ? [] : [`${rule} (${prefix}${containerNames(failing)} ${requirement})`];
}

function context(container: JsonObject, key: string): unknown {
  return valueAt(container, "securityContext", key);
}

function capabilities(containers: readonly JsonObject[], level: Level): string[] {
  const allowed = level === "baseline" ? BASELINE_CAPABILITIES : new Set(["NET_BIND_SERVICE"]);
  const beyond = (container: JsonObject): string[] => addedCapabilities(container).filter((name) => !allowed.has(name));
  const adding = containers.filter((container) => beyond(container).length > 0);
  const keeping = level === "restricted" ? containers.filter((container) => !dropsAll(container)) : [];
  const added = [...new Set(adding.flatMap(beyond))].sort();
  const texts = [
    ...(keeping.length > 0 ? [`${containerNames(keeping)} must set securityContext.capabilities.drop=["ALL"]`] : []),
    ...(adding.length > 0
      ? [`${containerNames(adding)} must not include ${quoted(added)} in securityContext.capabilities.add`]
      : []),
  ];
  const what = level === "baseline" ? "non-default capabilities" : "unrestricted capabilities";
  return texts.length === 0 ? [] : [`${what} (${texts.join("; ")})`];
}

function restricted(pod: JsonObject, containers: readonly JsonObject[]): string[] {
  const podContext = valueAt(pod, "spec", "securityContext");
  const isProfile = (type: string | undefined): boolean => type === "RuntimeDefault" || type === "Localhost";
  const podProfile = isProfile(textAt(podContext, "seccompProfile", "type"));
  const podNonRoot = valueAt(podContext, "runAsNonRoot") === true;
  const profile = (container: JsonObject): string | undefined =>
    textAt(container, "securityContext", "seccompProfile", "type");
  const explicit = finding(
    containers,
    (container) => context(container, "runAsNonRoot") === false,
    "runAsNonRoot != true",
    "must not set securityContext.runAsNonRoot=false",
  );
  return [
    ...(explicit.length > 0
      ? explicit
      : finding(
          containers,
          (container) => !podNonRoot && context(container, "runAsNonRoot") !== true,
          "runAsNonRoot != true",
          "must set securityContext.runAsNonRoot=true",
          "pod or ",
        )),
    ...finding(containers, (container) => context(container, "runAsUser") === 0, "runAsUser=0", "must not set runAsUser=0"),
    ...finding(
      containers,
      (container) => (profile(container) === undefined ? !podProfile : !isProfile(profile(container))),
      "seccompProfile",
      'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"',
      "pod or ",
    ),
  ];
}

function violations(pod: JsonObject, level: Level): string[] {
  const containers = containersOf(pod);
  const hostPaths = objectsAt(pod, "spec", "volumes").filter((volume) => volume["hostPath"] !== undefined);
  return [
    ...(valueAt(pod, "spec", "hostNetwork") === true ? ["host namespaces (hostNetwork=true)"] : []),
    ...(hostPaths.length > 0 ? [`hostPath volumes (volume ${quoted(hostPaths.map((volume) => textAt(volume, "name") ?? ""))})`] : []),
    ...finding(
      containers,
      (container) => context(container, "privileged") === true,
      "privileged",
      "must not set securityContext.privileged=true",
    ),
    ...(level === "restricted"
      ? finding(
          containers,
          (container) => context(container, "allowPrivilegeEscalation") !== false,
          "allowPrivilegeEscalation != false",
          "must set securityContext.allowPrivilegeEscalation=false",
        )
      : []),
    ...capabilities(containers, level),
    ...(level === "restricted" ? restricted(pod, containers) : []),
  ];
}

function levelOf(labels: Readonly<Record<string, string>>, mode: "enforce" | "warn"): Level | undefined {
  const level = labels[`pod-security.kubernetes.io/${mode}`];
  return level === "baseline" || level === "restricted" ? level : undefined;
}

/** Checks a pod against the levels that the labels of its namespace set. */
export function checkPodSecurity(labels: Readonly<Record<string, string>>, pod: JsonObject): AdmissionResult {
  const violationText = (mode: "enforce" | "warn"): string | undefined => {
    const level = levelOf(labels, mode);
    const found = level === undefined ? [] : violations(pod, level);
    const version = labels[`pod-security.kubernetes.io/${mode}-version`] ?? "latest";
    return found.length === 0 ? undefined : `violate${mode === "warn" ? "" : "s"} PodSecurity "${level ?? ""}:${version}": ${found.join(", ")}`;
  };
  const denied = violationText("enforce");
  const warned = violationText("warn");
  return {
    refusal: denied === undefined ? undefined : forbidden(denied),
    warnings: warned === undefined ? [] : [`would ${warned}`],
  };
}
