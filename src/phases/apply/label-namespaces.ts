/** Labels namespaces: all of them as a dry run first, and then for real if no dry run was refused. */
import type { LabelChange } from "../../istio/injection/namespace-labels.ts";
import type { KubernetesApi, Write, WriteResult } from "../../kubernetes/query.ts";
import { clusterRight } from "../../kubernetes/required-roles.ts";
import { pathSegment } from "../../kubernetes/resource-path.ts";
import { ActionError, describeFailure, ServiceError } from "../../lib/errors.ts";
import { writeObjects } from "./write-objects.ts";

/** What {@link labelNamespaces} needs. */
export interface LabelOptions {
  readonly api: KubernetesApi;
  readonly changes: readonly LabelChange[];
  /** Called for each namespace that was labelled. */
  readonly onLabelled: (change: LabelChange) => void;
  /** Called if the answer for a namespace did not arrive, so that it may have been labelled. */
  readonly onUnanswered: () => void;
}

/** The most refusals that an error message lists. */
const MAX_REFUSALS = 10;

/**
 * Labels the namespaces.
 *
 * @throws ActionError that names the namespaces that were refused and those that were labelled
 */
export async function labelNamespaces({ api, changes, onLabelled, onUnanswered }: LabelOptions): Promise<void> {
  const dryRun = await api.write(changes.map((change) => patch(change, true)));
  const refused = refusals(changes, dryRun);
  if (refused.length > 0) throw refusedError(refused, dryRun, "the dry run was refused, so no namespace was labelled");
  const answers = await writeObjects(api, changes.map((change) => patch(change, false)), onUnanswered);
  const labelled = changes.filter((_, index) => answers[index]?.accepted === true);
  for (const change of labelled) onLabelled(change);
  const failed = refusals(changes, answers);
  if (failed.length === 0) return;
  const names = labelled.map(({ namespace }) => namespace).join(", ") || "none";
  throw refusedError(failed, answers, `labelled before: ${names}`);
}

/** A JSON merge patch (RFC 7386) of these labels. It changes nothing else. */
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

function refusedError(refused: readonly string[], answers: readonly WriteResult[], result: string): ActionError {
  const first = answers.find((answer) => !answer.accepted);
  const shown = refused.slice(0, MAX_REFUSALS).join("; ");
  const more = refused.length > MAX_REFUSALS ? ` and ${refused.length - MAX_REFUSALS} more` : "";
  return new ActionError({
    code: first?.accepted === false ? first.failure.code : "NoAnswer",
    doing: "labelling namespaces",
    message: `${shown}${more} (${result}).`,
    remedy: first?.accepted === false && first.remedy !== "" ? first.remedy : "Correct what the message names, then run again: namespaces that are already labelled stay as they are.",
    cause: first?.accepted === false ? new ServiceError(first.failure, first.remedy) : undefined,
  });
}
