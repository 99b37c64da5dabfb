import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { startClock } from "../../../simulator/lib/clock.ts";

const PRELOAD = new URL("../../../simulator/lib/fast-clock.mjs", import.meta.url).href;
const HOUR = 3_600_000;

/** Runs a program on a clock that is far too fast for a test that waits for it. @returns what it printed as JSON */
async function follow(program: string): Promise<unknown> {
  const clock = await startClock(1_000_000);
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ["--import", PRELOAD, "--input-type=module", "--eval", program], {
      env: { ...process.env, SIMULATED_CLOCK: JSON.stringify(clock.settings) },
    });
    return JSON.parse(stdout);
  } finally {
    await clock.close();
  }
}

describe("a process on a simulated clock", () => {
  it("waits for hours in passing, by every kind of timer, and sees them in every clock", async () => {
    const seen = await follow(`
      import { setTimeout as sleep } from "node:timers/promises";
      import { promisify } from "node:util";
      const from = [Date.now(), performance.now()];
      await sleep(${HOUR});
      await promisify(setTimeout)(${HOUR});
      await new Promise((resolve) => setTimeout(resolve, ${HOUR}));
      await new Promise((resolve) => { let left = 3; const timer = setInterval(() => (left -= 1) === 0 && resolve(clearInterval(timer)), ${HOUR}); });
      console.log(JSON.stringify([Date.now() - from[0], performance.now() - from[1], new Date().getTime() - from[0]].map((ms) => Math.floor(ms / ${HOUR}))));
    `);
    expect(seen, "hours").toEqual([6, 6, 6]);
  });

  it("works at the pace of real time", async () => {
    const seen = await follow(`
      setTimeout(() => {}, ${HOUR}).unref();
      const from = [Date.now(), process.hrtime.bigint()];
      while (process.hrtime.bigint() - from[1] < 50_000_000n);
      const took = Number(process.hrtime.bigint() - from[1]) / 1e6;
      console.log(JSON.stringify(Math.round((Date.now() - from[0]) / took)));
    `);
    expect(seen, "simulated milliseconds in a real one").toBe(1);
  });

  it("fires timers in the order of their times, not those that were cleared, and ends without those that are not referenced", async () => {
    const seen = await follow(`
      const order = [];
      const cleared = setTimeout(() => order.push("cleared"), 1000);
      setTimeout(() => order.push("late"), 3000);
      setTimeout((text) => order.push(text), 2000, "early");
      setTimeout(() => order.push("unreferenced"), 9000).unref();
      clearTimeout(cleared);
      process.on("exit", () => console.log(JSON.stringify(order)));
    `);
    expect(seen).toEqual(["early", "late"]);
  });

  it("stops a sleep whose signal is aborted", async () => {
    const seen = await follow(`
      import { setTimeout as sleep } from "node:timers/promises";
      const stop = new AbortController();
      setTimeout(() => stop.abort(), 1000);
      console.log(JSON.stringify(await sleep(${HOUR}, undefined, { signal: stop.signal }).catch(({ name }) => name)));
    `);
    expect(seen).toBe("AbortError");
  });
});
