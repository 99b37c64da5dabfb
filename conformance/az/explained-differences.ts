/** The differences between the PUT of az and that of the action, each with its reason. The suite fails for one that is not here, and for one that is here and gone. */

export interface ExplainedDifference {
  /** Matched against `only az: <path>: <value>`, `only the action: …` or `differs: <path>: <az's> / <the action's>`. */
  readonly pattern: RegExp;
  readonly why: string;
}

export const EXPLAINED_DIFFERENCES: readonly ExplainedDifference[] = [
  {
    pattern: /^differs: \/query\/api-version: "2026-06-01" \/ "[^"]+"$/,
    why: "az 2.91 is built for 2026-06-01 and has no other. The action has its own.",
  },
  {
    pattern: /^only the action: \/header\/if-match: "sent"$/,
    why: "The action writes only the cluster that it has read. az overwrites what others have changed since.",
  },
  {
    pattern: /^only az: \/header\/(?:commandname|parametersetname): "sent"$/,
    why: "az tells Azure which of its commands was typed, for its statistics.",
  },
];
