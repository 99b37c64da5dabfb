import { CNI_CHAINING } from "../contract.ts";
import { INJECTOR_CONFIG_PREFIX, type InjectorFacts } from "../istio/kubernetes-facts.ts";
import type { Snapshot } from "../istio/observation.ts";
import { fail, type CheckResult, observed, pass, skip, type CheckInfo, unverifiable, warn } from "./check-result.ts";
import type { Goal } from "../istio/goal.ts";

const SUBJECT: CheckInfo = { id: "injector-configured", title: "Injectors are configured accordingly" };

/** Whether the injector of each installed revision makes pods the way that is wanted. */
export function injectorConfigured(snapshot: Snapshot, goal: Goal): CheckResult {
  const look = observed(snapshot, (seen) => seen.injectors);
  if (!look.seen) return unverifiable(SUBJECT, look);
  const revisions = snapshot.cluster.mesh.revisions;
  const expected = revisions.length > 0 ? revisions : look.value.map((injector) => injector.revision);
  if (expected.length === 0) return skip(SUBJECT, "No Istio revision is installed.");

  const wanted = goal.mechanism === CNI_CHAINING;
  const found = expected.map((revision) => describe(revision, look.value, wanted));
  const evidence = found.map(({ line }) => line);
  const bad = found.filter(({ verdict }) => verdict === "missing" || verdict === "otherwise");
  if (bad.length > 0) {
    return fail(SUBJECT, `${bad.map(({ line }) => line).join("; ")}.`, {
      evidence,
      remedy:
        "AKS writes this ConfigMap when the mesh is switched: wait some minutes after a switch; " +
        "if it stays so, switch again or ask Azure support.",
    });
  }
  const silent = found.filter(({ verdict }) => verdict === "silent");
  if (silent.length > 0) {
    return warn(SUBJECT, `${silent.map(({ line }) => line).join("; ")}.`, {
      evidence,
      remedy: `Look at a newly made pod: it should have ${wanted ? "istio-validation" : "istio-init"}.`,
    });
  }
  return pass(SUBJECT, `The injector of ${expected.join(", ")} has pilot.cni.enabled ${wanted}.`);
}

type Verdict = "as-wanted" | "otherwise" | "silent" | "missing";

function describe(
  revision: string,
  injectors: readonly InjectorFacts[],
  wanted: boolean,
): { readonly verdict: Verdict; readonly line: string } {
  const configMap = `ConfigMap ${INJECTOR_CONFIG_PREFIX}${revision}`;
  const injector = injectors.find((candidate) => candidate.revision === revision);
  if (injector === undefined) return { verdict: "missing", line: `${configMap} does not exist` };
  const { cniEnabled } = injector;
  if (cniEnabled === undefined) return { verdict: "silent", line: `${configMap} does not say pilot.cni.enabled` };
  return cniEnabled === wanted
    ? { verdict: "as-wanted", line: `${configMap} has pilot.cni.enabled ${cniEnabled}` }
    : { verdict: "otherwise", line: `${configMap} has pilot.cni.enabled ${cniEnabled}, expected ${wanted}` };
}
