/**
 * Simulated time. It starts at the real time, and runs `speed` times as fast as real time while all that happens is waiting: while every
 * process on the clock waits for a timer, and the simulator has no work of its own. As soon as one of them works, it runs at the pace of
 * real time, and it never runs past the next timer. So only waits are shortened: a request that takes 20 ms takes 20 ms of simulated time
 * as well, and a machine that is ten times slower adds a few seconds, not the minutes after which deadlines pass.
 */
import { createServer, type Socket } from "node:net";

/** The settings with which another process follows the clock (fast-clock.mjs); the value of SIMULATED_CLOCK. */
export interface ClockSettings {
  /** Simulated seconds per real second while all wait; 1 is real time. */
  readonly speed: number;
  /** The port on loopback at which the clock is followed; undefined where time is real. */
  readonly port: number | undefined;
}

export interface SimulatedClock {
  /** Simulated time, ms since the epoch. */
  now(): number;
  readonly settings: ClockSettings;
  /** Time runs at the pace of real time until this work of the simulator ends. */
  work(work: Promise<unknown>): void;
  close(): Promise<void>;
}

/** Starts a clock. A speed of 120 makes two simulated minutes pass in a real second. */
export async function startClock(speed = 1): Promise<SimulatedClock> {
  if (!(speed > 0)) throw new Error(`The speed of the simulated clock must be positive, not ${speed}.`);
  if (speed === 1) return { now: () => Date.now(), settings: { speed, port: undefined }, work: () => undefined, close: () => Promise.resolve() };

  const time = createTime(speed);
  /** The processes on the clock. */
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const follower = time.join((now) => socket.write(`${now}\n`));
    let rest = "";
    socket.setNoDelay().setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line === "work") follower.work();
      else follower.waitUntil(Number(line));
    });
    const leave = (): void => {
      sockets.delete(socket);
      follower.leave();
    };
    // A process that was killed resets its connection.
    socket.on("error", leave).on("close", leave).unref();
  }).unref();
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The clock has no port.");
  return {
    now: time.now,
    settings: { speed, port: address.port },
    work: (work) => {
      const follower = time.join(() => undefined);
      void work.then(follower.leave, follower.leave);
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

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

function createTime(speed: number): Time {
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
