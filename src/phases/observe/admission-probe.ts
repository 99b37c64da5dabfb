/** Asks admission with a dry run: one batch, one pod a namespace, nothing stored. */
import type { KubernetesApi, Write, WriteAnswer } from "../../kubernetes/query.ts";
import { pathSegment } from "../../kubernetes/resource-path.ts";
import { writerRight } from "../../kubernetes/required-roles.ts";
import type { InjectionRules } from "../../istio/injection/injection-rules.ts";
import { probePod } from "../../istio/admission/probe-pod.ts";
import { type ProbeAnswer, type ProbeRound, readProbe } from "../../istio/admission/probe-result.ts";

/** A look that does without the probe. */
export function noProbes(why: string): ProbeRound {
  return { skipReason: why, answers: [], leftOut: 0 };
}

/** The dry run of one namespace. */
function probeWrite(namespace: string): Write {
  return {
    doing: `asking admission in the namespace ${namespace}`,
    verb: "create",
    path: `/api/v1/namespaces/${pathSegment(namespace)}/pods`,
    dryRun: true,
    body: probePod(namespace),
    needs: writerRight(`create pods in the namespace ${namespace} (a dry run: nothing is created)`),
  };
}

/** Probes these namespaces; no request where there are none. */
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

function meaningOf(answer: WriteAnswer): ProbeAnswer {
  if (answer.accepted) return answer;
  const { status, code, message } = answer.failure;
  return { accepted: false, status, message: message === "" ? code : message, remedy: answer.remedy };
}
