/** Simulated time: it starts at an origin and runs `speed` times as fast as real time. */

/** The settings with which another process follows the same clock; the value of SIMULATED_CLOCK. */
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
  readonly settings: ClockSettings;
}

/** Starts a clock. A speed of 120 makes two simulated minutes pass in a real second. */
export function startClock(speed = 1, simulatedOrigin = Date.now()): SimulatedClock {
  if (!(speed > 0)) throw new Error(`The speed of the simulated clock must be positive, not ${speed}.`);
  const settings = { realOrigin: Date.now(), simulatedOrigin, speed };
  return {
    settings,
    now: () => simulatedOrigin + (Date.now() - settings.realOrigin) * speed,
  };
}
