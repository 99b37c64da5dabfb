/** Simulated time: it starts at an origin and runs `speed` times as fast as real time. */

/** What another process needs to run on the same clock; the value of SIMULATED_CLOCK. */
export interface ClockSettings {
  /** Real time at which the simulated clock was at its origin, ms since the epoch. */
  readonly realOrigin: number;
  /** Simulated time at that moment, ms since the epoch. */
  readonly simulatedOrigin: number;
  /** Simulated seconds per real second. */
  readonly speed: number;
}

export interface SimulatedClock {
  /** Simulated time, ms since the epoch. */
  now(): number;
  /** Moves simulated time forward at once; for use in the simulator's own process only. */
  advance(milliseconds: number): void;
  readonly settings: ClockSettings;
}

/** Starts a clock. A speed of 120 makes two simulated minutes pass in a real second. */
export function startClock(speed = 1, simulatedOrigin = Date.now()): SimulatedClock {
  if (!(speed > 0)) throw new Error(`The speed of the simulated clock must be positive, not ${speed}.`);
  const settings = { realOrigin: Date.now(), simulatedOrigin, speed };
  let advanced = 0;
  return {
    settings,
    now: () => simulatedOrigin + (Date.now() - settings.realOrigin) * speed + advanced,
    advance(milliseconds) {
      advanced += milliseconds;
    },
  };
}
