import { CNI_CHAINING } from "../contract.ts";
import type { Goal } from "../istio/goal.ts";
import { INJECTOR_CONFIG_PREFIX, type InjectorFacts, MESH_NAMESPACE } from "../istio/kubernetes-facts.ts";
import type { Snapshot } from "../istio/observation.ts";
import { type CheckInfo, type CheckResult, fail, observed, pass, skip, unverifiable, warn } from "./check-result.ts";
import { clusterArguments } from "./remedies.ts";

/** Whether the injector of each installed revision is configured for the mechanism of the goal. */
export function injectorConfigured(snapshot: Snapshot, goal: Goal): CheckResult {
  const expected = goal.mechanism === CNI_CHAINING;
  const check: CheckInfo = { id: "injector-configured", title: `The injector makes pods ${expected ? "for CNI chaining" : "with init containers"}` };
  const injectors = observed(snapshot, "injectors");
  if (!injectors.seen) return unverifiable(check, injectors);
  const installed = snapshot.cluster.mesh.revisions;
  const revisions = installed.length > 0 ? installed : injectors.value.map((injector) => injector.revision);
  if (revisions.length === 0) return skip(check, "No Istio revision is installed.");

  const findings = revisions.map((revision) => compare(revision, injectors.value, expected));
  const webhooks = observed(snapshot, "webhooks");
  const missing = webhooks.seen ? installed.filter((revision) => !webhooks.value.some((webhook) => webhook.revision === revision)) : [];
  if (missing.length > 0) {
    const lines = missing.map((revision) => `MutatingWebhookConfiguration ${INJECTOR_CONFIG_PREFIX}${revision}-${MESH_NAMESPACE} does not exist`);
    return fail(check, `${lines.join("; ")}, so no pod is injected by ${missing.join(", ")}.`, {
      title: "The injector's webhook is missing",
      evidence: [...lines, ...findings.map(({ line }) => line)],
      remedy: `AKS creates the webhook with the revision. See who deleted it, then update the cluster without changes, so that AKS creates it again, or ask Azure support.\naz aks update ${clusterArguments(snapshot.cluster)}`,
    });
  }
  const evidence = findings.map(({ line }) => line);
  const wrong = findings.filter(({ verdict }) => verdict === "wrong");
  if (wrong.length > 0) {
    const isMissing = installed.some((revision) => !injectors.value.some((injector) => injector.revision === revision));
    return fail(check, `${wrong.map(({ line }) => line).join("; ")}.`, {
      title: isMissing ? "The injector's configuration is missing" : `The injector still makes pods ${expected ? "with init containers" : "for CNI chaining"}`,
      // A switch writes the value, but creates no ConfigMap.
      explainedBy: [isMissing ? [] : ["cni-chaining-enabled"]],
      evidence,
      remedy:
        "AKS writes this ConfigMap when the mesh is switched. Wait some minutes after a switch. " +
        "If it does not change, switch again or ask Azure support.",
    });
  }
  const unset = findings.filter(({ verdict }) => verdict === "unset");
  if (unset.length > 0) {
    return warn(check, `${unset.map(({ line }) => line).join("; ")}.`, {
      title: "The injector's configuration does not say how it redirects",
      evidence,
      remedy: `Check a new pod: it should have ${expected ? "istio-validation" : "istio-init"}.`,
    });
  }
  return pass(check, `The injector of ${revisions.join(", ")} has pilot.cni.enabled ${expected}.`);
}

interface Finding {
  readonly verdict: "as-expected" | "wrong" | "unset";
  readonly line: string;
}

function compare(revision: string, injectors: readonly InjectorFacts[], expected: boolean): Finding {
  const configMap = `ConfigMap ${INJECTOR_CONFIG_PREFIX}${revision}`;
  const injector = injectors.find((candidate) => candidate.revision === revision);
  if (injector === undefined) return { verdict: "wrong", line: `${configMap} does not exist` };
  const { cniEnabled } = injector;
  if (cniEnabled === undefined) return { verdict: "unset", line: `${configMap} does not set pilot.cni.enabled` };
  return cniEnabled === expected
    ? { verdict: "as-expected", line: `${configMap} has pilot.cni.enabled ${cniEnabled}` }
    : { verdict: "wrong", line: `${configMap} has pilot.cni.enabled ${cniEnabled}, expected ${expected}` };
}
