/** What a command printed, taken apart: in whole, or not at all. */
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readOutput } from "../../../src/kubernetes/run-command/script-output.ts";

const NONCE = "0123456789abcdef0123456789abcdef";
const plain = '{"a":1}\n{"b":"x"}';
const packed = gzipSync(`${plain}\n`).toString("base64");
const PARTS = [
  `${NONCE} answer 0 0 2 ${plain.length} plain .abc%3D .`,
  plain,
  `${NONCE} answer 1 0 2 ${packed.length} gzip . .Warning%3A%20x`,
  packed,
  `${NONCE} answer 2 1 0 0 plain . .Error%20from%20server%20(NotFound)%3A%20x`,
  `${NONCE} later 3 .`,
  `${NONCE} large 4`,
  `${NONCE} broken 5`,
  "",
].join("\n");
const SAMPLE = `${NONCE} begin\n${PARTS}${NONCE} end 6 ${PARTS.length}\n`;
const WHOLE = readOutput(SAMPLE, NONCE, 6);

describe("a command's output", () => {
  it("is taken apart", () => {
    const objects = [{ a: 1 }, { b: "x" }];
    expect(WHOLE).toEqual({
      kind: "whole",
      answers: [
        { kind: "answer", id: 0, exitCode: 0, objects, continueAt: "abc%3D", stderr: "" },
        { kind: "answer", id: 1, exitCode: 0, objects, continueAt: "", stderr: "Warning: x" },
        { kind: "answer", id: 2, exitCode: 1, objects: [], continueAt: "", stderr: "Error from server (NotFound): x" },
        { kind: "later", id: 3, continueAt: "" },
        { kind: "large", id: 4 },
        { kind: "broken", id: 5 },
      ],
    });
  });

  it("may stand between lines of others", () => {
    expect(readOutput(`some notice\n${SAMPLE}bye`, NONCE, 6)).toEqual(WHOLE);
  });

  it("is unusable cut anywhere: at its end, at its start, in its middle", () => {
    for (let at = 0; at < SAMPLE.length; at += 1) {
      expect(readOutput(SAMPLE.slice(0, at), NONCE, 6).kind, `cut at ${at}`).toBe("unusable");
      if (at > 0) expect(readOutput(SAMPLE.slice(at), NONCE, 6).kind, `from ${at}`).toBe("unusable");
    }
    const cut = fc.property(fc.nat(SAMPLE.length), fc.integer({ min: 1, max: SAMPLE.length }), (from, length) => {
      fc.pre(from + length <= SAMPLE.length);
      const output = readOutput(SAMPLE.slice(0, from) + SAMPLE.slice(from + length), NONCE, 6);
      // What is lost before the beginning or after the end was never part of it.
      if (output.kind === "whole") expect(output).toEqual(WHOLE);
    });
    fc.assert(cut, { numRuns: 5000 });
  });

  it("is never taken for another answer where something was changed or put in", () => {
    const noise = fc.property(fc.nat(SAMPLE.length), fc.string({ minLength: 1 }), (at, text) => {
      const output = readOutput(SAMPLE.slice(0, at) + text + SAMPLE.slice(at), NONCE, 6);
      if (output.kind !== "whole") return;
      expect(output).toEqual(WHOLE);
    });
    fc.assert(noise, { numRuns: 3000 });
  });

  it.each([
    ["another nonce", SAMPLE.replaceAll(NONCE, "f".repeat(32))],
    ["an answer to what was not asked", SAMPLE.replace("answer 2", "answer 9")],
    ["fewer objects than announced", SAMPLE.replace("0 0 2", "0 0 3")],
    ["a token with a quote", SAMPLE.replace("abc%3D", "a'b")],
    ["a word nobody knows", SAMPLE.replace("large", "huge")],
  ])("is unusable with %s", (_, logs) => {
    expect(readOutput(logs, NONCE, 6).kind).toBe("unusable");
  });

  it("is unusable where it unpacks to more than anybody should hold", () => {
    const bomb = gzipSync(Buffer.alloc(70 * 1024 * 1024, 32)).toString("base64");
    const part = `${NONCE} answer 0 0 1 ${bomb.length} gzip . .\n${bomb}\n`;
    const logs = `${NONCE} begin\n${part}${NONCE} end 1 ${part.length}\n`;
    expect(readOutput(logs, NONCE, 1).kind).toBe("unusable");
  });
});
