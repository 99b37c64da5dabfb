/** Sends the admission probe: one batch of dry-run requests, one pod per namespace. Nothing is stored. */
import { probePod } from "../../istio/admission/probe-pod.ts";
import { MAX_PROBES, type ProbeAnswer, type ProbeRound, readProbe } from "../../istio/admission/probe-result.ts";
import { DATAPLANE_LABEL, INJECTION_LABEL, type InjectionRules, REVISION_LABEL } from "../../istio/injection/injection-rules.ts";
import { SYSTEM_NAMESPACES } from "../../istio/injection/system-namespaces.ts";
import type { DryRun, KubernetesApi, NamespaceDryRuns, WriteResult } from "../../kubernetes/query.ts";
import { writerRight } from "../../kubernetes/required-roles.ts";
import { pathSegment } from "../../kubernetes/resource-path.ts";
import { missingRight } from "../../lib/error-table.ts";

/** The result of a round without probes. @param reason one sentence */
export function skippedProbes(reason: string): ProbeRound {
  return { skipReason: reason, answers: [], leftOut: 0 };
}

/** The dry-run request for one namespace. */
function probeWrite(namespace: string): DryRun {
  return {
    doing: `probing admission in the namespace ${namespace}`,
    verb: "create",
    path: `/api/v1/namespaces/${pathSegment(namespace)}/pods`,
    dryRun: true,
    body: probePod(namespace),
    needs: writerRight(`create pods in the namespace ${namespace} (a dry run: nothing is created)`),
  };
}

/**
 * The probes of the default scope, for a transport that finds the namespaces itself. Which of them are in scope is decided afterwards, by the
 * webhooks as well.
 */
export const PROBES_OF_DEFAULT_SCOPE: NamespaceDryRuns = {
  label: REVISION_LABEL,
  without: { [INJECTION_LABEL]: "disabled", [DATAPLANE_LABEL]: "ambient" },
  except: SYSTEM_NAMESPACES,
  most: MAX_PROBES,
  write: probeWrite,
};

/** Probes these namespaces; sends no request if there are none. @param known answers to probes that were sent before, by namespace */
export async function probeNamespaces(
  api: KubernetesApi,
  targets: { readonly namespaces: readonly string[]; readonly leftOut: number },
  rules: InjectionRules,
  known: ReadonlyMap<string, WriteResult>,
): Promise<ProbeRound> {
  const { namespaces, leftOut } = targets;
  const answers = new Map(known);
  const missing = namespaces.filter((namespace) => !known.has(namespace));
  const sent = missing.length === 0 ? [] : await api.write(missing.map(probeWrite));
  for (const [index, answer] of sent.entries()) answers.set(missing[index] ?? "", answer);
  const facts = namespaces.flatMap((namespace) => {
    const answer = answers.get(namespace);
    return answer === undefined ? [] : [readProbe(namespace, meaningOf(answer), rules)];
  });
  return { skipReason: "", answers: facts, leftOut };
}

function meaningOf(answer: WriteResult): ProbeAnswer {
  if (answer.accepted) return answer;
  const { status, code, message } = answer.failure;
  return { accepted: false, status, message: message === "" ? code : message, remedy: answer.remedy, missing: missingRight(answer.failure) };
}
