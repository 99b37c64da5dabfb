/** Random worlds that are the same in each test run, and those that failed once; `npm run test:worlds` plays ten thousand others. */
import { describe, expect, it } from "vitest";
import { type Batch, type Message, runBatch } from "./run-batch.ts";

/** The number of worlds of a seed. */
const WORLDS = 40;

/** Plays a batch in this process. */
async function playBatch(batch: Pick<Batch, "kind" | "seed" | "worlds">): Promise<{ readonly played: number; readonly failure: string | undefined }> {
  const messages: Message[] = [];
  await runBatch({ ...batch, path: undefined, verbose: false }, (message) => void messages.push(message));
  return { played: messages.filter(({ kind }) => kind === "played").length, failure: messages.flatMap((message) => (message.kind === "done" ? [message.failure] : []))[0] };
}

describe("in random worlds", () => {
  it.each([1, 2, 3, 4, 5])("the guarantees of the design hold (seed %i)", async (seed) => {
    expect(await playBatch({ kind: "direct", seed, worlds: WORLDS })).toEqual({ played: WORLDS, failure: undefined });
  });

  it("the guarantees hold where they did not once", async () => {
    expect((await playBatch({ kind: "regressions", seed: 0, worlds: 0 })).failure).toBeUndefined();
  });
});
