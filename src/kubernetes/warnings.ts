/** Warnings of the API server, which come with its responses. */

/** Keeps the log readable if a misconfigured or hostile server sends many. */
const MAX_WARNINGS = 20;

/** Adds warnings to those that were already received, up to a limit. */
export function addWarnings(warnings: Set<string>, texts: readonly string[]): void {
  for (const text of texts) if (warnings.size < MAX_WARNINGS) warnings.add(text);
}
