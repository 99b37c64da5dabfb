import type { PodState } from "../contract.ts";
import type { Goal } from "../istio/goal.ts";
import { describeInjection, injectionRules, lacksWebhook, type NamespaceInjection, requestsInjection } from "../istio/injection/injection-rules.ts";
import { isSystemNamespace } from "../istio/injection/system-namespaces.ts";
import type { Snapshot } from "../istio/observation.ts";
import { count, number } from "../lib/plural.ts";
import { type CheckInfo, type CheckResult, fail, observed, pass, skip, unverifiable, warn } from "./check-result.ts";
import { labelCommand, unlabelCommand } from "./remedies.ts";

const CHECK: CheckInfo = { id: "namespaces-labelled", title: "Injection is on in the namespaces" };
/** What only the webhooks would show, and a probe shows as well. */
const PROVABLE: readonly NamespaceInjection["kind"][] = ["maybe-tag", "maybe-excluded", "unseen"];
/** States of a pod that no injector has changed. */
const NOT_OF_INJECTION: readonly PodState[] = ["exempt", "opted-out", "not-injected", "dangling-revision", "out-of-mesh"];
/** How many namespaces a message names. */
const MAX_NAMES = 5;

interface Finding {
  readonly namespace: string;
  readonly injection: NamespaceInjection;
  readonly verdict: "on" | "off" | "uncertain";
}

/** Whether injection is on in the namespaces in scope and an injector serves them: the label alone does not prove that. */
export function namespacesLabelled(snapshot: Snapshot, goal: Goal): CheckResult {
  const namespaces = observed(snapshot, "namespaces");
  if (!namespaces.seen) return unverifiable(CHECK, namespaces);
  const webhooks = observed(snapshot, "webhooks");
  const rules = injectionRules({ namespaces, webhooks, installedRevisions: snapshot.cluster.mesh.revisions });

  const { isDefault, named, matches } = goal.namespaces;
  const existing = namespaces.value.map((namespace) => namespace.name);
  const candidates = isDefault ? existing.filter((name) => !isSystemNamespace(name)) : existing.filter(matches);
  const findings = [...new Set([...named, ...candidates])]
    .sort()
    .map((namespace) => ({ namespace, injection: rules.injectionIn(namespace) }))
    .filter(({ injection }) => !isDefault || requestsInjection(injection) || isLabelWithoutEffect(injection))
    .map(({ namespace, injection }): Finding => {
      const verdict = isDefault && !requestsInjection(injection) ? "uncertain" : verdictOf(injection);
      if (PROVABLE.includes(injection.kind) && isInjectedByProbe(namespace, snapshot)) return { namespace, injection, verdict: "on" };
      return { namespace, injection, verdict };
    });

  const off = findings.filter(({ verdict }) => verdict === "off");
  const uncertain = findings.filter(({ verdict }) => verdict === "uncertain");
  const notOn = [...off, ...uncertain];
  const evidence = notOn.map(({ namespace, injection }) => `${namespace}: ${describeInjection(injection)}`);
  const remedy = remedyFor(notOn, snapshot);
  if (off.length > 0) {
    return fail(CHECK, `Injection does not work in ${countAndNames(off)}.`, {
      title: "Namespaces without working injection",
      explainedBy: off.map(({ injection }) => (lacksWebhook(injection, snapshot.cluster.mesh.revisions) ? ["injector-configured"] : [])),
      evidence,
      remedy,
    });
  }
  if (uncertain.length > 0) {
    return warn(CHECK, `Injection may not work in ${countAndNames(uncertain)}.`, {
      title: "Namespaces whose injection is uncertain",
      evidence,
      remedy,
    });
  }
  if (findings.length > 0) return pass(CHECK, `Injection is on in ${countAndNames(findings)}.`);
  if (isDefault) return skip(CHECK, "No namespace has injection on, so no pod is in the mesh.");
  return warn(CHECK, "No namespace matches the namespaces input.", { title: "No namespace matches the input namespaces", remedy: "Check the patterns of the namespaces input." });
}

/** Whether a dry-run pod in the namespace was injected: that proves what the webhooks, which RBAC Reader may not list, would show. */
function isInjectedByProbe(namespace: string, snapshot: Snapshot): boolean {
  const probes = observed(snapshot, "probes");
  const outcome = probes.seen ? probes.value.answers.find((answer) => answer.namespace === namespace)?.outcome : undefined;
  return outcome?.kind === "admitted" && NOT_OF_INJECTION.every((state) => state !== outcome.state);
}

/** Istio's documentation uses `istio-injection=enabled`. On AKS it has no effect, so its user may expect injection. */
function isLabelWithoutEffect(injection: NamespaceInjection): boolean {
  return injection.kind === "switched-off" && injection.value === "enabled";
}

function verdictOf(injection: NamespaceInjection): Finding["verdict"] {
  switch (injection.kind) {
    case "on":
      return "on";
    case "maybe-tag":
    case "maybe-excluded":
    case "ambient":
    case "unseen":
      return "uncertain";
    case "unlabelled":
    case "switched-off":
    case "dangling":
    case "excluded":
    case "absent":
      return "off";
  }
}

/** One line for each kind of finding. */
function remedyFor(findings: readonly Finding[], { cluster }: Snapshot): string {
  const of = (...kinds: readonly NamespaceInjection["kind"][]): readonly string[] =>
    findings.filter(({ injection }) => kinds.includes(injection.kind)).map(({ namespace }) => namespace);
  const steps: string[] = [];
  const switchedOff = of("switched-off");
  if (switchedOff.length > 0) steps.push("The label istio-injection switches injection off on AKS. Remove it:", unlabelCommand(switchedOff));
  const withoutRevision = findings
    .filter(({ injection }) => injection.kind === "switched-off" && injection.revision === "")
    .map(({ namespace }) => namespace);
  const isWithoutWebhook = ({ injection }: Finding): boolean => lacksWebhook(injection, cluster.mesh.revisions);
  const dangling = findings.filter((finding) => finding.injection.kind === "dangling" && !isWithoutWebhook(finding)).map(({ namespace }) => namespace);
  const unlabelled = [...of("unlabelled"), ...dangling, ...withoutRevision];
  if (unlabelled.length > 0) steps.push("Label the namespaces with an installed revision, then restart their workloads:", labelCommand(unlabelled, cluster));
  if (findings.some(isWithoutWebhook)) steps.push("The webhook of an installed revision is missing: see injector-configured.");
  if (of("absent").length > 0) steps.push("Create the namespaces that do not exist, or correct the namespaces input.");
  if (of("maybe-tag").length > 0) {
    steps.push("Check that the revision tag exists:", "kubectl get mutatingwebhookconfigurations --selector istio.io/tag");
  }
  if (of("maybe-excluded").length > 0) {
    steps.push("Grant the right to list mutatingwebhookconfigurations, or remove the label that may exclude the namespace.");
  }
  if (of("ambient").length > 0) steps.push("Remove the label istio.io/dataplane-mode, or leave the namespace out of the namespaces input.");
  if (of("excluded").length > 0) steps.push("Remove the label that the injector's selector excludes, such as control-plane.");
  return steps.join("\n");
}

/** `7 namespaces: a, b, c, d, e and 2 more`. */
function countAndNames(findings: readonly Finding[]): string {
  const names = findings.slice(0, MAX_NAMES).map(({ namespace }) => namespace);
  const left = findings.length - names.length;
  return `${count(findings.length, "namespace")}: ${names.join(", ")}${left > 0 ? ` and ${number(left)} more` : ""}`;
}
