/** The clock of a simulated world, which other processes can follow. */
import { createServer, type Socket } from "node:net";
import { createTime } from "./simulated-time.ts";

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
