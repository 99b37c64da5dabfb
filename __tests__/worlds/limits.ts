/** How long the runs of a world may take, and how often they poll. */

export const TIMEOUT_MINUTES = 30;
/** Six times the default: waits still take several polls, and a run has a sixth of the requests. */
export const POLL_SECONDS = 60;
