/** The situations of the field that are about refusals: probes, workloads and the DaemonSet of the CNI agent. */
import { describe, expect, test } from "vitest";
import { admissionProbe } from "../../src/checks/admission-probe.ts";
import { cniDaemonsetReady } from "../../src/checks/cni-daemonset-ready.ts";
import { workloadsAdmitted } from "../../src/checks/workloads-admitted.ts";
import { CNI_CHAINING } from "../../src/contract.ts";
import { disprovesRedirection, type ProbeAnswer, readProbe } from "../../src/istio/admission/probe-result.ts";
import { injectionRules, standardWebhooks } from "../../src/istio/injection/injection-rules.ts";
import { readDaemonSet, readReplicaSet } from "../../src/istio/kubernetes-facts.ts";
import { confirmRefusal, RefusalCandidates, type RefusedWorkloads } from "../../src/istio/workloads/refused-workloads.ts";
import { arrayAt, at, stringMapAt, textAt } from "../../src/lib/json.ts";
import { census, goal, NOW, seen, showing } from "../istio/fixtures.ts";
import { fieldCases, ORACLES_ABSENT, WHY_SKIPPED } from "./folder.ts";

const GOAL = goal(CNI_CHAINING);
/** Observed in a cluster without a pod that proves redirection. */
const NO_PODS = { pods: seen(census({ total: 0, byState: {}, redirection: { effective: 0, notProgrammed: 0, pending: 0 } })) };

function expectTexts(expected: unknown, remedy: string, evidence: readonly string[]): void {
  const matches = textAt(expected, "remedyMatches");
  const not = textAt(expected, "remedyNot");
  const inEvidence = textAt(expected, "evidenceMatches");
  if (matches !== "") expect(remedy).toMatch(new RegExp(matches, "i"));
  if (not !== "") expect(remedy).not.toMatch(new RegExp(not, "i"));
  if (inEvidence !== "") expect(evidence.join("\n")).toMatch(new RegExp(inEvidence, "i"));
}

function refusedWorkloads(events: readonly unknown[], objectOf: (kind: string, namespace: string, name: string) => unknown): RefusedWorkloads {
  const candidates = new RefusalCandidates(NOW);
  for (const event of events) candidates.add(event);
  const { candidates: found, notChecked } = candidates.result(() => true);
  const workloads = found.map((candidate) => confirmRefusal(candidate, objectOf(candidate.kind, candidate.namespace, candidate.name))).filter((workload) => workload !== undefined);
  return { workloads, notChecked };
}

describe.skipIf(ORACLES_ABSENT)(`refusals of the field${WHY_SKIPPED}`, () => {
  test.each(fieldCases("probe"))("probe: $situation", ({ input, expect: expected }) => {
    const namespaces = seen([{ name: textAt(input, "namespace"), labels: { "istio.io/rev": textAt(input, "revision") } }]);
    const rules = injectionRules({ namespaces, webhooks: seen(standardWebhooks(textAt(input, "revision"))), installedRevisions: [] });
    const facts = readProbe(textAt(input, "namespace"), at(input, "answer") as ProbeAnswer, rules);
    expect(facts.outcome.kind).toBe(textAt(expected, "outcome"));
    expect(disprovesRedirection(facts, CNI_CHAINING)).toBe(at(expected, "disproof"));
    const { remedy, evidence } = admissionProbe(showing({ ...NO_PODS, probes: seen({ skipReason: "", answers: [facts], leftOut: 0 }) }), GOAL);
    expectTexts(expected, remedy, evidence);
  });

  test.each(fieldCases("workloads"))("workload: $situation", ({ input, expect: expected }) => {
    const refused = refusedWorkloads(arrayAt(input, "events"), (kind, namespace, name) => at(input, "workloads", `${kind}/${namespace}/${name}`));
    const { result, remedy, evidence } = workloadsAdmitted(
      showing({
        namespaces: seen(arrayAt(input, "namespaces").map((namespace) => ({ name: textAt(namespace, "name"), labels: stringMapAt(namespace, "labels") }))),
        replicaSets: seen(arrayAt(input, "replicaSets").map(readReplicaSet).filter((replicaSet) => replicaSet !== undefined)),
        refusedWorkloads: seen(refused),
      }),
      GOAL,
    );
    expect(result).toBe(textAt(expected, "result"));
    expectTexts(expected, remedy, evidence);
  });

  test.each(fieldCases("daemonset"))("DaemonSet: $situation", ({ input, expect: expected }) => {
    const refused = refusedWorkloads(arrayAt(input, "events"), () => at(input, "daemonSet"));
    const { result, remedy, evidence } = cniDaemonsetReady(showing({ daemonSet: seen(readDaemonSet(at(input, "daemonSet"))), refusedWorkloads: seen(refused) }), GOAL);
    expect(result).toBe(textAt(expected, "result"));
    expectTexts(expected, remedy, evidence);
  });
});
