/** Sends the admission probe: one batch of dry-run requests, one pod per namespace. Nothing is stored. */
import { probePod } from "../../istio/admission/probe-pod.ts";
import { type ProbeAnswer, type ProbeRound, readProbe } from "../../istio/admission/probe-result.ts";
import type { InjectionRules } from "../../istio/injection/injection-rules.ts";
import type { KubernetesApi, Write, WriteResult } from "../../kubernetes/query.ts";
import { writerRight } from "../../kubernetes/required-roles.ts";
import { pathSegment } from "../../kubernetes/resource-path.ts";
import { missingRight } from "../../lib/error-table.ts";

/** The result of a round without probes. @param reason one sentence */
export function skippedProbes(reason: string): ProbeRound {
  return { skipReason: reason, answers: [], leftOut: 0 };
}

/** The dry-run request for one namespace. */
function probeWrite(namespace: string): Write {
  return {
    doing: `probing admission in the namespace ${namespace}`,
    verb: "create",
    path: `/api/v1/namespaces/${pathSegment(namespace)}/pods`,
    dryRun: true,
    body: probePod(namespace),
    needs: writerRight(`create pods in the namespace ${namespace} (a dry run: nothing is created)`),
  };
}

/** Probes these namespaces; sends no request if there are none. */
export async function probeNamespaces(
  api: KubernetesApi,
  targets: { readonly namespaces: readonly string[]; readonly leftOut: number },
  rules: InjectionRules,
): Promise<ProbeRound> {
  const { namespaces, leftOut } = targets;
  const answers = namespaces.length === 0 ? [] : await api.write(namespaces.map(probeWrite));
  const facts = namespaces.flatMap((namespace, index) => {
    const answer = answers[index];
    return answer === undefined ? [] : [readProbe(namespace, meaningOf(answer), rules)];
  });
  return { skipReason: "", answers: facts, leftOut };
}

function meaningOf(answer: WriteResult): ProbeAnswer {
  if (answer.accepted) return answer;
  const { status, code, message } = answer.failure;
  return { accepted: false, status, message: message === "" ? code : message, remedy: answer.remedy, missing: missingRight(answer.failure) };
}
