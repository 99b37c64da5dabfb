/**
 * Virtual time: it advances to the next timer when no request or program is active. All timers and clocks of this process follow it,
 * those of the Azure SDK included; sockets stay real.
 */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import files from "node:fs/promises";
import type { ClientRequest } from "node:http";
import { syncBuiltinESMExports } from "node:module";
import zlib from "node:zlib";

interface Timer {
  readonly id: number;
  readonly at: number;
  readonly fire: () => void;
  ref(): Timer;
  unref(): Timer;
  hasRef(): boolean;
  refresh(): Timer;
  [Symbol.toPrimitive](): number;
}

/** The number of idle turns of the event loop before time advances. */
const IDLE_TURNS = 3;
const START = "http.client.request.start";
const ANSWERED = "http.client.response.finish";
const PROGRAM = "ProcessWrap";
/** Work of this process without a request: programs, and operations on files. */
const WORK = new Set([PROGRAM, "FSReqPromise", "FSReqCallback", "CloseReq", "GetAddrInfoReqWrap"]);
/** Real milliseconds between two looks while a program runs, so that this process leaves the CPU to it. */
const LOOK_MS = 2;
/** The start of each run's virtual time, the same in all processes of a matrix, so that runs can be compared. */
export const ORIGIN = Number(process.env["FAULTS_ORIGIN"] ?? Date.now());

/** What other threads do for this process: work that ends without a request and without a timer. */
let workOfThreads = 0;

async function tracked<T>(work: Promise<T>): Promise<T> {
  workOfThreads += 1;
  try {
    return await work;
  } finally {
    workOfThreads -= 1;
  }
}

/** Replaces functions of an object that return promises by ones that are tracked. */
function track(owner: object, names: readonly string[]): void {
  for (const name of names) {
    const original: unknown = Reflect.get(owner, name);
    if (typeof original !== "function") throw new TypeError(`Node.js has no ${name}.`);
    const value = function (this: unknown, ...args: unknown[]): Promise<unknown> {
      return tracked(Reflect.apply(original, this, args) as Promise<unknown>);
    };
    Object.defineProperty(owner, name, { configurable: true, enumerable: true, writable: true, value });
  }
}

// Import this module before those that use these functions: some keep them.
const { gunzip } = zlib;
Object.defineProperty(zlib, "gunzip", {
  configurable: true,
  enumerable: true,
  value: (compressed: zlib.InputType, options: zlib.ZlibOptions, done: (error: Error | null, bytes: Buffer) => void) => {
    workOfThreads += 1;
    gunzip(compressed, options, (error, bytes) => {
      workOfThreads -= 1;
      done(error, bytes);
    });
  },
});
const { open } = files;
Object.assign(files, {
  open: async (...args: Parameters<typeof open>) => {
    const opened = await open(...args);
    track(opened, ["close", "sync", "writeFile"]);
    return opened;
  },
});
track(files, ["access", "mkdir", "open", "rename", "rm", "stat", "writeFile"]);
syncBuiltinESMExports();

/** The virtual time of one run. Only one may be installed at a time. */
export class VirtualTime {
  readonly #real = { Date, setTimeout, clearTimeout, setInterval, clearInterval, setImmediate };
  readonly #timers = new Map<number, Timer>();
  readonly #inFlight = new Set<ClientRequest>();
  readonly #hung: string[] = [];
  readonly #stalled: string[] = [];
  #now: number;
  #ids = 0;
  #running = false;

  /** @param startsAt milliseconds since the epoch */
  constructor(startsAt = ORIGIN) {
    this.#now = startsAt;
  }

  /** Milliseconds since the epoch. */
  readonly now = (): number => this.#now;

  /** Declares that the request with this `x-ms-client-request-id` is never answered: only a timer ends it. */
  hang(id: string): void {
    this.#hung.push(id);
  }

  /** Declares that the request's answer never gets its body: like `hang`, from its headers on. */
  stall(id: string): void {
    this.#stalled.push(id);
  }

  /** Like `AbortSignal.timeout`. */
  readonly timeout = (ms: number): AbortSignal => {
    const controller = new AbortController();
    this.#add(() => controller.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError")), ms);
    return controller.signal;
  };

  install(): void {
    const { now } = this;
    globalThis.Date = new Proxy(this.#real.Date, {
      apply: () => new this.#real.Date(now()).toString(),
      construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as object,
      get: (target, key) => (key === "now" ? now : (Reflect.get(target, key) as unknown)),
    });
    const add = (callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): Timer => this.#add(() => callback(...args), ms);
    const repeat = (callback: (...args: unknown[]) => void, ms = 1, ...args: unknown[]): Timer => {
      const again = (id?: number): Timer => this.#add(() => {
        again(timer.id);
        callback(...args);
      }, Math.max(1, ms), id);
      const timer = again();
      return timer;
    };
    const remove = (timer: unknown): void => {
      if (timer !== undefined && timer !== null) this.#timers.delete(Number(timer));
    };
    Object.assign(globalThis, { setTimeout: add, setInterval: repeat, clearTimeout: remove, clearInterval: remove });
    subscribe(START, this.#onSent);
    subscribe(ANSWERED, this.#onAnswered);
    this.#running = true;
    this.#pump(0);
  }

  uninstall(): void {
    this.#running = false;
    unsubscribe(START, this.#onSent);
    unsubscribe(ANSWERED, this.#onAnswered);
    const { Date: realDate, setTimeout: set, clearTimeout: clear, setInterval: setI, clearInterval: clearI } = this.#real;
    Object.assign(globalThis, { Date: realDate, setTimeout: set, clearTimeout: clear, setInterval: setI, clearInterval: clearI });
    this.#timers.clear();
  }

  #add(fire: () => void, ms: number, id = (this.#ids += 1)): Timer {
    const timer: Timer = {
      id,
      at: this.#now + Math.max(0, Number.isFinite(ms) ? ms : 0),
      fire,
      ref: () => timer,
      unref: () => timer,
      hasRef: () => true,
      refresh: () => timer,
      [Symbol.toPrimitive]: () => id,
    };
    this.#timers.set(id, timer);
    return timer;
  }

  readonly #onSent = (message: unknown): void => {
    const { request } = message as { request: ClientRequest };
    this.#inFlight.add(request);
    request.once("close", () => {
      this.#inFlight.delete(request);
      const at = this.#hung.indexOf(idOf(request));
      if (at >= 0) this.#hung.splice(at, 1);
    });
  };

  readonly #onAnswered = (message: unknown): void => {
    const { request } = message as { request: ClientRequest };
    const at = this.#stalled.indexOf(idOf(request));
    if (at >= 0) this.#hung.push(...this.#stalled.splice(at, 1));
  };

  /** Whether work is active that ends without a timer: a request with an answer to come, a running program. */
  isBusy(): boolean {
    return this.#isAnswerDue() || workOfThreads > 0 || process.getActiveResourcesInfo().some((resource) => WORK.has(resource));
  }

  #isAnswerDue(): boolean {
    const hung = [...this.#hung];
    for (const request of this.#inFlight) {
      const at = hung.indexOf(idOf(request));
      if (at < 0) return true;
      hung.splice(at, 1);
    }
    return false;
  }

  #pump(idleTurns: number): void {
    if (!this.#running) return;
    this.#real.setImmediate(() => {
      if (!this.#running) return;
      if (isProgramRunning()) this.#real.setTimeout(() => this.#pump(0), LOOK_MS);
      else if (this.isBusy()) this.#pump(0);
      else if (idleTurns < IDLE_TURNS) this.#pump(idleTurns + 1);
      else {
        this.#advance();
        this.#pump(0);
      }
    });
  }

  /** Advances to the next timer only: the work that it starts has to end first. */
  #advance(): void {
    let next: Timer | undefined;
    for (const timer of this.#timers.values()) if (next === undefined || timer.at < next.at) next = timer;
    if (next === undefined) return;
    this.#timers.delete(next.id);
    this.#now = Math.max(this.#now, next.at);
    next.fire();
  }
}

function isProgramRunning(): boolean {
  return process.getActiveResourcesInfo().includes(PROGRAM);
}

function idOf(request: ClientRequest): string {
  const id = request.getHeader("x-ms-client-request-id");
  return typeof id === "string" ? id : "";
}
