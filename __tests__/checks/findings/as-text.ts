/** A result as text, with all that a reader of the report or another check meets. */
import type { CheckResult } from "../../../src/checks/check-result.ts";

/** A situation in words, and what a check finds in it. */
export type Situation = readonly [name: string, result: CheckResult];

/** `## situation`, then result and title, message, evidence, remedy and what explains it. */
export function asText(situations: readonly Situation[]): string {
  return situations.map(([name, result]) => `## ${name}\n\n${linesOf(result).join("\n")}\n`).join("\n");
}

function linesOf({ result, title, message, evidence, remedy, explainedBy, unverifiable, unobserved, missing }: CheckResult): readonly string[] {
  return [
    `${result}${unverifiable ? ", undecided" : unobserved ? ", not looked at" : ""}: ${title}`,
    message,
    ...evidence.map((line) => `- ${line}`),
    ...(remedy === "" ? [] : remedy.split("\n").map((line) => `> ${line}`)),
    ...(explainedBy.length === 0 ? [] : [`explained by ${explainedBy.map((ids) => (ids.length === 0 ? "nothing" : ids.join(" or "))).join(", and ")}`]),
    ...(missing === undefined ? [] : [`missing: ${missing.action}`]),
  ];
}
