import type { Snapshot } from "../istio/observation.ts";
import { injectionRules, type NamespaceInjection, wantsInjection } from "../istio/injection/injection-rules.ts";
import { isSystemNamespace } from "../istio/injection/system-namespaces.ts";
import { labelCommand, unlabelCommand } from "./remedies.ts";
import { count, fail, type CheckResult, observed, pass, skip, type CheckInfo, unverifiable, warn } from "./check-result.ts";
import type { Goal } from "../istio/goal.ts";

const SUBJECT: CheckInfo = { id: "namespaces-labelled", title: "Injection is on in the namespaces" };

interface Finding {
  readonly namespace: string;
  readonly injection: NamespaceInjection;
  readonly verdict: "on" | "off" | "doubtful";
  readonly line: string;
}

/** Whether injection is on in the namespaces in scope, and would work: a label alone proves nothing. */
export function namespacesLabelled(snapshot: Snapshot, goal: Goal): CheckResult {
  const namespaces = observed(snapshot, (seen) => seen.namespaces);
  if (!namespaces.seen) return unverifiable(SUBJECT, namespaces);
  const webhooks = observed(snapshot, (seen) => seen.webhooks);
  const rules = injectionRules({ namespaces, webhooks, installedRevisions: snapshot.cluster.mesh.revisions });

  const { isDefault, named, matches } = goal.namespaces;
  const existing = namespaces.value.map((namespace) => namespace.name);
  const candidates = isDefault ? existing.filter((name) => !isSystemNamespace(name)) : existing.filter(matches);
  const judged = [...new Set([...named, ...candidates])].sort();
  const findings = judged
    .map((namespace) => ({ namespace, injection: rules.injectionIn(namespace) }))
    .filter(({ injection }) => !isDefault || wantsInjection(injection) || isEnabledInVain(injection))
    .map(({ namespace, injection }): Finding => {
      const verdict = isDefault && !wantsInjection(injection) ? "doubtful" : verdictOf(injection);
      return { namespace, injection, verdict, line: `${namespace}: ${describe(injection)}` };
    });

  const off = findings.filter(({ verdict }) => verdict === "off");
  const doubtful = findings.filter(({ verdict }) => verdict === "doubtful");
  const evidence = [...off, ...doubtful].map(({ line }) => line);
  const remedy = remedyFor([...off, ...doubtful], snapshot);
  if (off.length > 0) {
    const message = `Injection does not work in ${count(off.length, "namespace")}: ${naming(off)}.`;
    return fail(SUBJECT, message, { evidence, remedy });
  }
  if (doubtful.length > 0) {
    const message = `Injection is in doubt in ${count(doubtful.length, "namespace")}: ${naming(doubtful)}.`;
    return warn(SUBJECT, message, { evidence, remedy });
  }
  if (findings.length === 0) return nothingFound();
  return pass(SUBJECT, `Injection is on in ${count(findings.length, "namespace")}: ${naming(findings)}.`);

  function nothingFound(): CheckResult {
    if (isDefault) return skip(SUBJECT, "No namespace has injection on, so no pod is in the mesh.");
    return warn(SUBJECT, "No namespace fits the namespaces input.", { remedy: "Check the patterns of the namespaces input." });
  }
}

/** `istio-injection=enabled` is what Istio's own documents say, and does nothing on AKS: somebody may be waiting for it. */
function isEnabledInVain(injection: NamespaceInjection): boolean {
  return injection.kind === "switched-off" && injection.value === "enabled";
}

function verdictOf(injection: NamespaceInjection): Finding["verdict"] {
  switch (injection.kind) {
    case "on":
      return "on";
    case "maybe-tag":
    case "unseen":
      return "doubtful";
    case "unlabelled":
    case "switched-off":
    case "dangling":
    case "excluded":
    case "absent":
      return "off";
  }
}

function describe(injection: NamespaceInjection): string {
  switch (injection.kind) {
    case "on":
      return `injection by ${injection.revision}`;
    case "unlabelled":
      return "has no label istio.io/rev";
    case "switched-off":
      return `the label istio-injection=${injection.value} switches injection off`;
    case "dangling":
      return `istio.io/rev=${injection.revision} is served by no injector`;
    case "maybe-tag":
      return `istio.io/rev=${injection.revision} is no installed revision; whether it is a revision tag could not be seen`;
    case "excluded":
      return `the injector of istio.io/rev=${injection.revision} leaves this namespace out by a further selector`;
    case "absent":
      return "does not exist";
    case "unseen":
      return "could not be seen";
  }
}

/** The commands for what is wrong, one a line. */
function remedyFor(findings: readonly Finding[], { cluster }: Snapshot): string {
  const of = (...kinds: readonly NamespaceInjection["kind"][]): readonly string[] =>
    findings.filter(({ injection }) => kinds.includes(injection.kind)).map(({ namespace }) => namespace);
  const steps: string[] = [];
  const switchedOff = of("switched-off");
  if (switchedOff.length > 0) steps.push(unlabelCommand(switchedOff));
  const unnamed = findings
    .filter(({ injection }) => injection.kind === "switched-off" && injection.revision === "")
    .map(({ namespace }) => namespace);
  const unlabelled = [...of("unlabelled", "dangling"), ...unnamed];
  if (unlabelled.length > 0) steps.push(labelCommand(unlabelled, cluster));
  if (of("absent").length > 0) steps.push("Create the namespaces that do not exist, or correct the namespaces input.");
  if (of("maybe-tag").length > 0) {
    steps.push("Check that the revision tag exists: kubectl get mutatingwebhookconfigurations -l istio.io/tag");
  }
  if (of("excluded").length > 0) steps.push("Remove the label that keeps the injector away, such as control-plane.");
  return steps.join("\n");
}

function naming(findings: readonly Finding[]): string {
  const names = findings.slice(0, 5).map(({ namespace }) => namespace);
  const left = findings.length - names.length;
  return names.join(", ") + (left > 0 ? ` and ${left} more` : "");
}
