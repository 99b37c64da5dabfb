/** All invariants, by name. */
import type { PlayedWorld } from "../play.ts";
import type { Invariant } from "./invariant.ts";
import { checkAndPlanFindTheSame, nothingToDoInAllModes, obstaclesStandInThePlan } from "./modes.ts";
import { applySwitchesWhereNothingStandsInTheWay, wellClustersAreCompliant } from "./expectations.ts";
import { failuresSayWhatToDo, printsNoSecret, waitsEndAtTheDeadline } from "./texts.ts";
import { applyMendsOrSaysWhyNot, countsAreTrue, driftIsFound, goodVerdictsAreTrue, goodVerdictsWereLookedAt, interruptedRunsConverge, passesAreTrue, transportsAgree } from "./verdicts.ts";
import { atMostOnePut, changesNothingElse, compliantCostsNoWrite, putChangesOneProperty, putsOnlyToAnIdleCluster, readsFirst } from "./writes.ts";

export const INVARIANTS: readonly Invariant[] = [
  readsFirst,
  atMostOnePut,
  putChangesOneProperty,
  putsOnlyToAnIdleCluster,
  changesNothingElse,
  compliantCostsNoWrite,
  checkAndPlanFindTheSame,
  nothingToDoInAllModes,
  obstaclesStandInThePlan,
  applyMendsOrSaysWhyNot,
  interruptedRunsConverge,
  countsAreTrue,
  passesAreTrue,
  goodVerdictsAreTrue,
  goodVerdictsWereLookedAt,
  wellClustersAreCompliant,
  applySwitchesWhereNothingStandsInTheWay,
  driftIsFound,
  transportsAgree,
  printsNoSecret,
  failuresSayWhatToDo,
  waitsEndAtTheDeadline,
];

/** What a world violates: `readsFirst: check wrote …`. */
export function violationsOf(world: PlayedWorld): readonly string[] {
  return INVARIANTS.flatMap((invariant) => {
    const violation = invariant(world);
    return violation === undefined ? [] : [`${invariant.name}: ${violation}`];
  });
}
