/** Writes to the cluster that count as a change of the run, also where their answers do not arrive. */
import type { KubernetesApi, Write, WriteResult } from "../../kubernetes/query.ts";
import { isUnanswered, notingUnanswered } from "../../lib/unanswered.ts";

/**
 * Sends a batch of writes.
 *
 * @param onUnanswered called if the answer to one of them does not arrive, or the run ends before: the API server may have carried it out
 * @throws only the run's own end: cancelled, or out of time
 */
export async function writeObjects(api: KubernetesApi, writes: readonly Write[], onUnanswered: () => void): Promise<readonly WriteResult[]> {
  const results = await notingUnanswered(api.write(writes), onUnanswered);
  if (results.some((result) => !result.accepted && isUnanswered(result.failure))) onUnanswered();
  return results;
}
