/**
 * Time that passes only when nobody can do anything but wait. Every timer and clock of this process follows it, those of the
 * Azure SDK too; sockets stay real.
 */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
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

/** How many turns of the event loop must bring nothing before time moves. */
const QUIET_TURNS = 3;
const START = "http.client.request.start";
const ANSWERED = "http.client.response.finish";
/** Every stretch begins at the same moment, in all processes of one matrix, so that runs can be compared. */
export const ORIGIN = Number(process.env["FAULTS_ORIGIN"] ?? Date.now());

/** Answers that are unpacked in another thread: they are no request, and yet something is on its way. */
const unpacking = new Set<symbol>();
const { gunzip } = zlib;
Object.defineProperty(zlib, "gunzip", {
  configurable: true,
  enumerable: true,
  value: (packed: zlib.InputType, options: zlib.ZlibOptions, done: (error: Error | null, bytes: Buffer) => void) => {
    const answer = Symbol("answer");
    unpacking.add(answer);
    gunzip(packed, options, (error, bytes) => {
      unpacking.delete(answer);
      done(error, bytes);
    });
  },
});
syncBuiltinESMExports();

/** One stretch of virtual time. Install one at a time. */
export class VirtualTime {
  readonly #real = { Date, setTimeout, clearTimeout, setInterval, clearInterval, setImmediate };
  readonly #timers = new Map<number, Timer>();
  readonly #inFlight = new Set<ClientRequest>();
  readonly #hung: string[] = [];
  readonly #stalled: string[] = [];
  #now = ORIGIN;
  #ids = 0;
  #running = false;

  /** Milliseconds since the epoch. */
  readonly now = (): number => this.#now;

  /** A request with this `x-ms-client-request-id` will never be answered: nobody waits for it but a timer. */
  hang(id: string): void {
    this.#hung.push(id);
  }

  /** As `hang`, once the head of its answer is there: the body will never come. */
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
    subscribe(START, this.#sent);
    subscribe(ANSWERED, this.#answered);
    this.#running = true;
    this.#pump(0);
  }

  uninstall(): void {
    this.#running = false;
    unsubscribe(START, this.#sent);
    unsubscribe(ANSWERED, this.#answered);
    const { Date: realDate, setTimeout: set, clearTimeout: clear, setInterval: setI, clearInterval: clearI } = this.#real;
    Object.assign(globalThis, { Date: realDate, setTimeout: set, clearTimeout: clear, setInterval: setI, clearInterval: clearI });
    this.#timers.clear();
    unpacking.clear();
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

  readonly #sent = (message: unknown): void => {
    const { request } = message as { request: ClientRequest };
    this.#inFlight.add(request);
    request.once("close", () => {
      this.#inFlight.delete(request);
      const at = this.#hung.indexOf(idOf(request));
      if (at >= 0) this.#hung.splice(at, 1);
    });
  };

  readonly #answered = (message: unknown): void => {
    const { request } = message as { request: ClientRequest };
    const at = this.#stalled.indexOf(idOf(request));
    if (at >= 0) this.#hung.push(...this.#stalled.splice(at, 1));
  };

  /** Whether something may still happen by itself: an answer that is on its way, a program that runs. */
  #busy(): boolean {
    const hung = [...this.#hung];
    for (const request of this.#inFlight) {
      const at = hung.indexOf(idOf(request));
      if (at < 0) return true;
      hung.splice(at, 1);
    }
    return unpacking.size > 0 || process.getActiveResourcesInfo().includes("ProcessWrap");
  }

  #pump(quiet: number): void {
    if (!this.#running) return;
    this.#real.setImmediate(() => {
      if (!this.#running) return;
      if (this.#busy()) this.#pump(0);
      else if (quiet < QUIET_TURNS) this.#pump(quiet + 1);
      else {
        this.#jump();
        this.#pump(0);
      }
    });
  }

  /** To the next timer, and no further: whatever it starts comes first. */
  #jump(): void {
    let next: Timer | undefined;
    for (const timer of this.#timers.values()) if (next === undefined || timer.at < next.at) next = timer;
    if (next === undefined) return;
    this.#timers.delete(next.id);
    this.#now = Math.max(this.#now, next.at);
    next.fire();
  }
}

function idOf(request: ClientRequest): string {
  const id = request.getHeader("x-ms-client-request-id");
  return typeof id === "string" ? id : "";
}
