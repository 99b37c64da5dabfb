/**
 * Preload that puts a process on a simulated clock: `node --import file:///…/fast-clock.mjs program.js`.
 *
 * SIMULATED_CLOCK is JSON {speed, port} (see clock.ts). Date, performance.now, setTimeout and setInterval (global, node:timers,
 * node:timers/promises) follow it. AbortSignal.timeout, socket timeouts and process.hrtime stay real: they limit how long a peer may take,
 * and the peer answers in real time.
 *
 * While this process works, its time runs at the pace of real time. When it waits for nothing but timers, it says so to the clock, which
 * then runs fast, and tells the time as soon as the first timer is due.
 */
import { syncBuiltinESMExports } from "node:module";
import { connect } from "node:net";
import timers from "node:timers";
import timersPromises from "node:timers/promises";
import { promisify } from "node:util";

/** Real milliseconds from one look at what this process does to the next. */
const LOOK_EVERY = 2;
/**
 * A request or program that makes no progress for this many looks (two seconds) counts as hung: what will end it is a timer. The looks are
 * counted, not the time, so that a process that the machine does not let run does not count as hung.
 */
const HUNG_AFTER = 1000;
/**
 * Microseconds of CPU time between two looks that count as progress. A look itself takes a tenth of it. Not the time that the event loop was
 * busy: that includes the time in which the machine did not let it run.
 */
const PROGRESS = 500;
/** Resources that are no work: pipes are this process's own output, or a program's, which is in the list itself. */
const WAITING = new Set(["PipeWrap", "SignalWrap", "TTYWrap", "Timeout"]);

const { speed, port } = JSON.parse(process.env.SIMULATED_CLOCK ?? "{}");
if (typeof port === "number" && speed !== 1) await follow(port);

/** Follows the clock at a port. Resolves when the time is known. */
async function follow(port) {
  const real = {
    Date,
    now: Date.now,
    performanceNow: performance.now.bind(performance),
    setInterval: timers.setInterval,
    clearTimeout: timers.clearTimeout,
    clearInterval: timers.clearInterval,
    setImmediate: timers.setImmediate,
  };
  /** The timers that run. */
  const running = new Set();
  /** Simulated minus real time; it only grows. */
  let offset = 0;
  /** The simulated time until which the clock believes this process to wait; undefined while it works. */
  let announced;
  let looksWithoutProgress = 0;
  let used = process.threadCpuUsage();
  const now = () => real.now() + offset;

  const socket = connect(port, "127.0.0.1").setNoDelay().setEncoding("utf8");
  await new Promise((resolve, reject) => {
    let rest = "";
    socket.once("error", reject).on("data", (text) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop();
      for (const line of lines) offset = Math.max(offset, Number(line) - real.now());
      announced = undefined;
      fireTimers();
      resolve();
    });
  });
  // Where the simulator is closed before this process ends, time stays real.
  socket.on("error", () => undefined).unref();

  /** Fires the timers that are due, in order. Each has a turn of its own, so that an error in one is no other's. */
  function fireTimers() {
    const due = [...running].filter((timer) => timer.at <= now()).sort((one, other) => one.at - other.at || one.id - other.id);
    for (const timer of due) {
      timer.stop();
      real.setImmediate(() => timer.fire());
    }
  }

  /** Whether something else than a timer will wake this process. Sockets without a request are not referenced, and not in the list. */
  function isWorking() {
    if (process.getActiveResourcesInfo().every((resource) => WAITING.has(resource))) {
      looksWithoutProgress = 0;
      return false;
    }
    const { user, system } = process.threadCpuUsage(used);
    used = process.threadCpuUsage();
    const isProgress = user + system > PROGRESS;
    looksWithoutProgress = isProgress ? 0 : looksWithoutProgress + 1;
    return looksWithoutProgress < HUNG_AFTER;
  }

  function look() {
    fireTimers();
    const until = isWorking() || running.size === 0 ? undefined : Math.min(...[...running].map(({ at }) => at));
    if (until === announced || socket.destroyed) return;
    announced = until;
    socket.write(`${until ?? "work"}\n`);
  }
  real.setInterval(look, LOOK_EVERY).unref();

  /** Keeps the process alive while a referenced timer runs. */
  const alive = real.setInterval(() => undefined, 60_000).unref();
  const countReferenced = () => ([...running].some((timer) => timer.hasRef()) ? alive.ref() : alive.unref());

  let ids = 0;
  /** What setTimeout returns. */
  class Timer {
    id = (ids += 1);
    #referenced = true;
    constructor(callback, delay, args, repeats) {
      Object.assign(this, { callback, args, repeats, delay: delay >= 1 && delay <= 0x7fffffff ? Number(delay) : 1 });
      this.refresh();
    }
    fire() {
      if (this.cleared) return;
      if (this.repeats) this.refresh();
      this.callback(...this.args);
    }
    refresh() {
      this.cleared = false;
      this.at = now() + this.delay;
      running.add(this);
      countReferenced();
      return this;
    }
    stop() {
      running.delete(this);
      countReferenced();
    }
    close() {
      this.cleared = true;
      this.stop();
      return this;
    }
    ref() {
      return this.#reference(true);
    }
    unref() {
      return this.#reference(false);
    }
    hasRef() {
      return this.#referenced;
    }
    #reference(referenced) {
      this.#referenced = referenced;
      countReferenced();
      return this;
    }
    [Symbol.toPrimitive]() {
      return this.id;
    }
    [Symbol.dispose]() {
      this.close();
    }
  }

  const clear = (realClear) => (timer) => {
    if (timer instanceof Timer) timer.close();
    else realClear(timer);
  };
  const sleep = (delay, value, { signal, ref = true } = {}) =>
    new Promise((resolve, reject) => {
      const abort = () => {
        timer.close();
        reject(new DOMException("The operation was aborted", { name: "AbortError", cause: signal.reason }));
      };
      const timer = new Timer(() => {
        signal?.removeEventListener("abort", abort);
        resolve(value);
      }, delay, [], false);
      if (!ref) timer.unref();
      if (signal?.aborted) abort();
      else signal?.addEventListener("abort", abort, { once: true });
    });
  const simulated = {
    setTimeout: (callback, delay, ...args) => new Timer(callback, delay, args, false),
    setInterval: (callback, delay, ...args) => new Timer(callback, delay, args, true),
    clearTimeout: clear(real.clearTimeout),
    clearInterval: clear(real.clearInterval),
  };
  Object.defineProperty(simulated.setTimeout, promisify.custom, { value: sleep });

  const offsetAtStart = offset;
  performance.now = () => real.performanceNow() + offset - offsetAtStart;
  globalThis.Date = new Proxy(real.Date, {
    apply: () => new real.Date(wholeNow()).toString(),
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [wholeNow()] : args, newTarget),
    get: (target, key) => (key === "now" ? wholeNow : Reflect.get(target, key)),
  });
  function wholeNow() {
    return Math.floor(now());
  }

  Object.assign(globalThis, simulated);
  Object.assign(timers, simulated);
  timersPromises.setTimeout = sleep;
  timersPromises.setInterval = async function* (delay, value, options) {
    while (true) yield await sleep(delay, value, options);
  };
  timersPromises.scheduler.wait = (delay, options) => sleep(delay, undefined, options);
  syncBuiltinESMExports();
}
