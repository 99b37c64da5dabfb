/**
 * Preload that puts a process on a simulated clock: `node --import file:///…/fast-clock.mjs program.js`.
 *
 * SIMULATED_CLOCK is JSON {realOrigin, simulatedOrigin, speed} (see clock.ts). Date, performance.now, setTimeout and
 * setInterval (global, node:timers, node:timers/promises) follow it. AbortSignal.timeout, socket timeouts and
 * process.hrtime stay real: they limit how long a peer may take, and the peer answers in real time.
 */
import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers";
import timersPromises from "node:timers/promises";
import { promisify } from "node:util";

const { realOrigin, simulatedOrigin, speed } = JSON.parse(process.env.SIMULATED_CLOCK ?? "null") ?? {};

if (typeof speed === "number" && speed > 0) {
  const RealDate = Date;
  const realNow = RealDate.now;
  const now = () => Math.floor(simulatedOrigin + (realNow() - realOrigin) * speed);
  /** Rounded up, so that a sleep until a deadline never ends before it. */
  const realDelay = (delay) => (Number.isFinite(Number(delay)) ? Math.ceil(Number(delay) / speed) : delay);

  globalThis.Date = new Proxy(RealDate, {
    apply: () => new RealDate(now()).toString(),
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    get: (target, key) => (key === "now" ? now : Reflect.get(target, key)),
  });

  const realPerformanceNow = performance.now.bind(performance);
  const performanceOrigin = realPerformanceNow();
  performance.now = () => performanceOrigin + (realPerformanceNow() - performanceOrigin) * speed;

  const real = { setTimeout: timers.setTimeout, setInterval: timers.setInterval };
  const promised = { setTimeout: timersPromises.setTimeout, setInterval: timersPromises.setInterval };
  const sleep = (delay, value, options) => promised.setTimeout(realDelay(delay), value, options);
  const fast = {
    setTimeout: (callback, delay, ...args) => real.setTimeout(callback, realDelay(delay), ...args),
    setInterval: (callback, delay, ...args) => real.setInterval(callback, realDelay(delay), ...args),
  };
  Object.defineProperty(fast.setTimeout, promisify.custom, { value: sleep });

  Object.assign(globalThis, fast);
  Object.assign(timers, fast);
  timersPromises.setTimeout = sleep;
  timersPromises.setInterval = (delay, value, options) => promised.setInterval(realDelay(delay), value, options);
  timersPromises.scheduler.wait = (delay, options) => sleep(delay, undefined, options);
  syncBuiltinESMExports();
}
