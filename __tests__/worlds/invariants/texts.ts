/** Design, section 4: what is printed, and how long it takes. */
import { ActionError } from "../../../src/lib/errors.ts";
import { TIMEOUT_MINUTES } from "../limits.ts";
import type { PlayedWorld } from "../play.ts";
import { runsOf, type Violation } from "./invariant.ts";

const REQUEST_TIMEOUT_MS = 100_000;
const PUBLISHING_MS = 2000;

/** "Nothing secret is printed." */
export function printsNoSecret(world: PlayedWorld): Violation {
  for (const run of runsOf(world)) {
    if (world.secrets.some((secret) => secret !== "" && run.printed.includes(secret))) return `${run.mode} printed a secret`;
  }
  return undefined;
}

/** "Every failure says: what was being done, what came back, what to do about it, and the role needed where it is a 403." */
export function failuresSayWhatToDo(world: PlayedWorld): Violation {
  for (const { mode, report, state } of runsOf(world)) {
    const { error } = report;
    if (error !== undefined) {
      const { code, doing, message, remedy } = error;
      if (!(state.error instanceof ActionError)) return `${mode} ended with an unexpected error: ${state.error instanceof Error ? (state.error.stack ?? "") : String(state.error)}`;
      if ([code, doing, message, remedy].includes("")) return `${mode} ended with an incomplete error: ${JSON.stringify(error)}`;
      if (code === "AuthorizationFailed" && !/\brole\b|Contributor|Owner/.test(remedy)) return `${mode} ended with a 403 and names no role: ${remedy}`;
      if (doing === "running" && code !== "Cancelled" && code !== "Timeout") return `${mode} ended with ${code}, without the step`;
    }
    for (const { id, result, message, remedy, title } of report.checks) {
      if (message === "" || title === "") return `${mode}: ${id} says nothing`;
      if ((result === "fail" || result === "warn") && remedy === "") return `${mode}: ${id} says "${message}" and not what to do`;
    }
    const { missingRights = [] } = report;
    const undecided = state.checks.filter(({ unverifiable, message }) => unverifiable && /forbidden|cannot (list|get|create|patch) resource/i.test(message));
    if (undecided.length > 0 && missingRights.length === 0 && error === undefined) return `${mode}: ${undecided.map(({ id, message }) => `${id} could not be decided for want of a right (${message})`).join(", ")}, and the report names none`;
  }
  return undefined;
}

/** "Waits are bounded, and stop at the deadline." */
export function waitsEndAtTheDeadline(world: PlayedWorld): Violation {
  for (const { mode, startedAt, endedAt } of runsOf(world)) {
    const late = endedAt - startedAt - TIMEOUT_MINUTES * 60_000 - PUBLISHING_MS - (world.description.actor.network === "never answers" ? REQUEST_TIMEOUT_MS : 0);
    if (late > 0) return `${mode} ended ${Math.round(late / 1000)} s after its deadline`;
  }
  return undefined;
}
