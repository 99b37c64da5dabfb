/**
 * Simulated time. It starts at the real time, and runs `speed` times as fast as real time while all that happens is waiting: while every
 * process on the clock waits for a timer, and the simulator has no work of its own. As soon as one of them works, it runs at the pace of
 * real time, and it never runs fast past the next timer. So only waits are shortened: a request that takes 20 ms takes 20 ms of simulated
 * time as well, and a machine that is ten times slower adds seconds, not the minutes after which deadlines pass.
 */

/** A process on the clock, or a piece of work. At first, it works. */
interface Follower {
  /** It works. It is told the time at once. */
  readonly work: () => void;
  /** It has nothing to do until a simulated time. It is told when the time has come, and works then. */
  readonly waitUntil: (until: number) => void;
  readonly leave: () => void;
}

interface Time {
  readonly now: () => number;
  /** Adds a follower. `tell` is called with the simulated time, the first time at once. */
  readonly join: (tell: (now: number) => void) => Follower;
}

/** Creates a time that starts now. */
export function createTime(speed: number): Time {
  /** Until when each follower waits; -Infinity while it works. */
  const waits = new Map<(now: number) => void, number>();
  /** Simulated time at a real time; both are set anew whenever the pace may change. */
  let known = Date.now();
  let knownAt = known;
  let alarm: NodeJS.Timeout | undefined;

  /** The next time for which somebody waits; -Infinity while somebody works, or nobody is there. */
  const limit = (): number => (waits.size === 0 ? -Infinity : Math.min(...waits.values()));
  const now = (): number => {
    const elapsed = Math.max(0, Date.now() - knownAt);
    return Math.max(known + elapsed, Math.min(known + elapsed * speed, limit()));
  };
  const change = (edit: () => void): void => {
    known = now();
    knownAt = Date.now();
    edit();
    clearTimeout(alarm);
    const until = limit();
    if (until !== -Infinity) alarm = setTimeout(tellTime, Math.max(0, (until - known) / speed)).unref();
  };
  const tellTime = (): void => {
    change(() => {
      for (const [tell, until] of waits) {
        if (until === -Infinity || until > known) continue;
        waits.set(tell, -Infinity);
        tell(known);
      }
    });
  };
  return {
    now,
    join(tell) {
      change(() => waits.set(tell, -Infinity));
      tell(known);
      return {
        work: () => {
          if (!waits.has(tell)) return;
          change(() => waits.set(tell, -Infinity));
          tell(known);
        },
        waitUntil: (until) => {
          if (waits.has(tell)) change(() => waits.set(tell, until));
        },
        leave: () => {
          change(() => waits.delete(tell));
        },
      };
    },
  };
}
