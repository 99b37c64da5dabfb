/** Puts labels on namespaces: all of them on a dry run first, and only if every one passes for real. */
import { ActionError, describeFailure } from "../../lib/errors.ts";
import type { KubernetesApi, Write, WriteResult } from "../../kubernetes/query.ts";
import { pathSegment } from "../../kubernetes/resource-path.ts";
import { clusterRight } from "../../kubernetes/required-roles.ts";
import type { LabelChange } from "../../istio/injection/namespace-labels.ts";

/** The parts of the step. */
export interface Labelling {
  readonly api: KubernetesApi;
  readonly changes: readonly LabelChange[];
  /** Told of each namespace as it is labelled. */
  readonly labelled: (change: LabelChange) => void;
}

/**
 * Labels the namespaces.
 *
 * @throws ActionError naming what was refused, what was labelled before, and what was not
 */
export async function labelNamespaces({ api, changes, labelled }: Labelling): Promise<void> {
  const rehearsal = await api.write(changes.map((change) => patch(change, true)));
  const refused = refusals(changes, rehearsal);
  if (refused.length > 0) throw failed(refused, rehearsal, "the dry run was refused, so no namespace was labelled");
  const answers = await api.write(changes.map((change) => patch(change, false)));
  for (const [index, change] of changes.entries()) if (answers[index]?.accepted === true) labelled(change);
  const broken = refusals(changes, answers);
  if (broken.length > 0) {
    const done = changes.filter((_, index) => answers[index]?.accepted === true).map(({ namespace }) => namespace);
    throw failed(broken, answers, `labelled before: ${done.length === 0 ? "none" : done.join(", ")}`);
  }
}

/** A merge patch (RFC 7386) that names these labels and nothing else, so that nothing else is touched. */
function patch({ namespace, labels }: LabelChange, dryRun: boolean): Write {
  return {
    doing: `labelling the namespace ${namespace}${dryRun ? " (dry run)" : ""}`,
    verb: "patch",
    path: `/api/v1/namespaces/${pathSegment(namespace)}`,
    dryRun,
    body: { metadata: { labels } },
    needs: clusterRight("patch namespaces"),
  };
}

function refusals(changes: readonly LabelChange[], answers: readonly WriteResult[]): readonly string[] {
  return changes.flatMap(({ namespace }, index) => {
    const answer = answers[index];
    if (answer?.accepted === true) return [];
    return [`${namespace}: ${answer === undefined ? "no answer" : describeFailure(answer.failure)}`];
  });
}

function failed(refused: readonly string[], answers: readonly WriteResult[], account: string): ActionError {
  const first = answers.find((answer) => !answer.accepted);
  const shown = refused.slice(0, 10).join("; ");
  const more = refused.length > 10 ? ` and ${refused.length - 10} more` : "";
  return new ActionError({
    code: first?.accepted === false ? first.failure.code : "NoAnswer",
    doing: "labelling namespaces",
    message: `${shown}${more} (${account}).`,
    remedy: first?.accepted === false && first.remedy !== "" ? first.remedy : "Correct what the message names, then run again: what is labelled already is left as it is.",
  });
}
