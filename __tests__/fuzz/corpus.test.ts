/** The inputs that the fuzzer kept (docs/testing.md, "Fuzzing"), and those for which an expectation once did not hold. */
import { describe, expect, it } from "vitest";
import { readCorpus } from "./corpus.ts";
import { TARGETS } from "./targets.ts";

describe.each(Object.keys(TARGETS))("the corpus of %s", (name) => {
  it("holds what is expected of every input", async () => {
    const { target } = await TARGETS[name]!();
    const inputs = [...target.seeds().map((data, index) => ({ name: `seed ${index}`, data })), ...readCorpus(name)];
    expect(inputs.length).toBeGreaterThan(0);
    for (const input of inputs) await expect((async () => target.fuzz(input.data))(), input.name).resolves.toEqual(expect.any(String));
  });
});
