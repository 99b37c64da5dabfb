/** The differences between the PUT of az and that of the action, each with its reason. */

export interface ExplainedDifference {
  /** Matched against `only az: <path>: <value>`, `only the action: …` or `differs: <path>: <az's> / <the action's>`. */
  readonly pattern: RegExp;
  readonly why: string;
}

export const EXPLAINED_DIFFERENCES: readonly ExplainedDifference[] = [];
