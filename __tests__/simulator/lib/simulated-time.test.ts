import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createTime } from "../../../simulator/lib/simulated-time.ts";

const SPEED = 100;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const ORIGIN = Date.UTC(2026, 10, 27);

beforeEach(() => {
  vi.useFakeTimers({ now: ORIGIN });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A follower, and what it was told last, both as simulated time since the origin. */
function follower(time: ReturnType<typeof createTime>) {
  const told: number[] = [];
  return { ...time.join((now) => told.push(now - ORIGIN)), told };
}
const since = (time: ReturnType<typeof createTime>): number => time.now() - ORIGIN;

describe("simulated time", () => {
  it("runs at the pace of real time while nobody follows it", () => {
    const time = createTime(SPEED);
    vi.advanceTimersByTime(3 * SECOND);
    expect(since(time)).toBe(3 * SECOND);
  });

  it("runs at the pace of real time while somebody works, however long", () => {
    const time = createTime(SPEED);
    const waiting = follower(time);
    follower(time);
    waiting.waitUntil(ORIGIN + 10 * MINUTE);
    vi.advanceTimersByTime(MINUTE);
    expect(since(time)).toBe(MINUTE);
    expect(waiting.told, "only the time at which it joined").toEqual([0]);
  });

  it("runs fast while all wait, and tells the first of them when its time has come", () => {
    const time = createTime(SPEED);
    const [first, second] = [follower(time), follower(time)];
    first.waitUntil(ORIGIN + 5 * MINUTE);
    second.waitUntil(ORIGIN + 10 * MINUTE);
    vi.advanceTimersByTime(SECOND);
    expect(since(time)).toBe(100 * SECOND);
    vi.advanceTimersByTime(2 * SECOND);
    expect(first.told).toEqual([0, 5 * MINUTE]);
    expect(second.told, "it still waits").toEqual([0]);
  });

  it("stops at the next timer where the machine is late", () => {
    const time = createTime(SPEED);
    const late = follower(time);
    late.waitUntil(ORIGIN + MINUTE);
    vi.setSystemTime(ORIGIN + 20 * SECOND);
    expect(since(time), "20 s at 100 times the pace would be 33 minutes").toBe(MINUTE);
  });

  it("is never slower than real time", () => {
    const time = createTime(SPEED);
    follower(time).waitUntil(ORIGIN + SECOND);
    vi.setSystemTime(ORIGIN + 20 * SECOND);
    expect(since(time)).toBe(20 * SECOND);
  });

  it("runs fast again when work ends, or its process", () => {
    const time = createTime(SPEED);
    const [waiting, working] = [follower(time), follower(time)];
    waiting.waitUntil(ORIGIN + 10 * MINUTE);
    vi.advanceTimersByTime(SECOND);
    working.leave();
    vi.advanceTimersByTime(SECOND);
    expect(since(time)).toBe(101 * SECOND);
  });

  it("tells the time to a process that works again before its timer", () => {
    const time = createTime(SPEED);
    const woken = follower(time);
    woken.waitUntil(ORIGIN + 10 * MINUTE);
    vi.advanceTimersByTime(SECOND);
    woken.work();
    vi.advanceTimersByTime(SECOND);
    expect(woken.told).toEqual([0, 100 * SECOND]);
    expect(since(time)).toBe(101 * SECOND);
  });
});
