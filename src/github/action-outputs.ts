/** What the further actions, discover and fleet-summary, leave behind: outputs, annotations, a page. */
import * as core from "@actions/core";
import { type Explanation } from "../lib/errors.ts";
import { type Annotation, emitAnnotations } from "./annotations.ts";
import { withoutSecrets } from "../lib/redaction.ts";
import { markdown, plain } from "../report/escape.ts";
import { alert, blocks } from "../report/markdown.ts";
import { writeSummary } from "./job-summary.ts";

/** Hands outputs to the runner; names are the caller's own, values may be anything: secrets are cut out. */
export function setActionOutputs(outputs: Readonly<Record<string, string>>, setOutput: (name: string, value: string) => void = core.setOutput): void {
  for (const [name, value] of Object.entries(outputs)) setOutput(name, withoutSecrets(value));
}

/** A line for the run's page, made harmless. */
export function annotate(level: Annotation["level"], title: string, message: string): void {
  emitAnnotations([{ level, title: plain(title, 200), message: plain(message) }]);
}

/** Tells of a run that could not finish: an annotation, and a page where there is none yet. */
export async function publishFailure(title: string, { code, doing, message, remedy, correlationId }: Explanation): Promise<void> {
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
}
