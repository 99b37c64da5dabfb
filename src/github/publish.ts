/** Outputs, annotations and failure pages of the actions discover and fleet-summary. */
import { explain } from "../lib/errors.ts";
import { markdown, plain } from "../report/escape.ts";
import { alert, blocks } from "../report/markdown.ts";
import { type Annotation, emitAnnotations } from "./annotations.ts";
import { writeSummary } from "./job-summary.ts";
import type { RunnerLog } from "./log.ts";

export { setOutputs as setActionOutputs } from "./outputs.ts";

/** Writes an annotation. Title and message may be untrusted. */
export function annotate(level: Annotation["level"], title: string, message: string): void {
  emitAnnotations([{ level, title: plain(title, 200), message: plain(message) }]);
}

/** Publishes the error that ended a run, as an annotation, as the job summary and as the last line of the log. @returns the exit code of the step */
export async function publishFailure(title: string, error: unknown, log: RunnerLog): Promise<1> {
  const { code, doing, message, remedy, correlationId } = explain(error);
  annotate("error", `Failed while ${doing}`, `${message.includes(code) ? message : `${code}: ${message}`} ${remedy}`);
  const page = blocks(
    `## ❌ ${title}: failed`,
    alert(
      "CAUTION",
      `**Failed while:** ${markdown(doing)}`,
      `**What came back:** ${markdown(message)}`,
      correlationId === undefined ? "" : `**Correlation ID:** ${markdown(correlationId)}`,
      remedy === "" ? "" : `**What to do:** ${markdown(remedy)}`,
    ),
  );
  await writeSummary(`${page}\n`);
  log.end();
  log.info(`failed while ${doing}: ${message}`);
  return 1;
}
