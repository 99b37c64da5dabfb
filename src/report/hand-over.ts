/** What the further actions, discover and fleet-summary, leave behind: outputs, annotations, a page. */
import * as core from "@actions/core";
import { type Explanation } from "../errors.ts";
import { type Annotation, emit } from "./annotations.ts";
import { withoutSecrets } from "../secrets.ts";
import { markdown, plain } from "./escape.ts";
import { alert, blocks } from "./summary-markdown.ts";
import { writeSummary } from "./summary.ts";

/** Hands outputs to the runner; names are the caller's own, values may be anything: secrets are cut out. */
export function giveOutputs(outputs: Readonly<Record<string, string>>, setOutput: (name: string, value: string) => void = core.setOutput): void {
  for (const [name, value] of Object.entries(outputs)) setOutput(name, withoutSecrets(value));
}

/** A line for the run's page, made harmless. */
export function annotate(level: Annotation["level"], title: string, message: string): void {
  emit([{ level, title: plain(title, 200), message: plain(message) }]);
}

/** Tells of a run that could not finish: an annotation, and a page where there is none yet. */
export async function tellFailure(title: string, { code, doing, message, remedy, correlationId }: Explanation): Promise<void> {
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
