/** What the state of a pod means for a redirection mechanism: one table, with a row per state. */
import { CNI_CHAINING, type PodState, type RedirectionMechanism } from "../../contract.ts";

/**
 * `compliant`: redirected by the mechanism · `stale`: a restart makes it compliant · `broken`: a restart alone does not ·
 * `not-applicable`: the pod is not meant to be redirected.
 */
type Compliance = "compliant" | "stale" | "broken" | "not-applicable";

interface StateMeaning {
  /** With CNI chaining as the goal, and with init containers. */
  readonly cni: Compliance;
  readonly init: Compliance;
  /** Whether pods of this state are redirected or should be. With CNI chaining their node needs a CNI agent. */
  readonly redirected: boolean;
  /** The order in which findings are listed: broken pods before stale ones. */
  readonly rank: number;
}

const OUTSIDE: StateMeaning = { cni: "not-applicable", init: "not-applicable", redirected: false, rank: 8 };

const MEANINGS: Readonly<Record<PodState, StateMeaning>> = {
  // Listed only where redirection does not work, or where init containers should redirect.
  cni: { cni: "compliant", init: "stale", redirected: true, rank: 0 },
  conflicting: { cni: "broken", init: "broken", redirected: true, rank: 1 },
  malformed: { cni: "broken", init: "broken", redirected: true, rank: 2 },
  // Init containers need the privilege in any case, so with them the pod only predates the switch.
  "privileged-proxy": { cni: "broken", init: "stale", redirected: true, rank: 3 },
  unknown: { cni: "broken", init: "broken", redirected: false, rank: 4 },
  "dangling-revision": { cni: "broken", init: "broken", redirected: false, rank: 5 },
  "legacy-init": { cni: "stale", init: "compliant", redirected: true, rank: 6 },
  "not-injected": { cni: "stale", init: "stale", redirected: false, rank: 7 },
  gateway: OUTSIDE,
  proxyless: OUTSIDE,
  "no-interception": OUTSIDE,
  "custom-template": OUTSIDE,
  "opted-out": OUTSIDE,
  exempt: OUTSIDE,
  "out-of-mesh": OUTSIDE,
};

/** Whether pods of this state comply with the mechanism. */
export function complianceOf(state: PodState, mechanism: RedirectionMechanism): Compliance {
  const { cni, init } = MEANINGS[state];
  return mechanism === CNI_CHAINING ? cni : init;
}

/** Whether pods of this state are redirected or should be. */
export function isRedirected(state: PodState): boolean {
  return MEANINGS[state].redirected;
}

/** The order in which findings are listed, most severe first. */
export function severityRank(state: PodState): number {
  return MEANINGS[state].rank;
}
