/** How long the runs of a world may take, and how often they poll. */

export const TIMEOUT_MINUTES = 30;
/** Six times the default: waits still take several polls, and a run has a sixth of the requests. */
export const POLL_SECONDS = 60;
/** When the worlds begin, ms since the epoch: the same in every run, so that a seed means the same world. */
export const BEGINNING = Date.UTC(2026, 10, 27, 8);
