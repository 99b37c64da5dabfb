/** Differences between the simulated API server and the real one that are known and left as they are, each with its reason. */

export interface AcceptedDifference {
  /** The question it belongs to; `*` for every one. */
  readonly what: string;
  readonly pattern: RegExp;
  readonly why: string;
}

export const ACCEPTED: readonly AcceptedDifference[] = [];
