/** The output of a command is read completely, or not at all. */
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
  `${NONCE} deferred 3 .`,
  `${NONCE} too-large 4`,
  `${NONCE} unreadable 5`,
  "",
].join("\n");
const SAMPLE = `${NONCE} begin\n${PARTS}${NONCE} end 6 ${PARTS.length}\n`;
const COMPLETE = readOutput(SAMPLE, NONCE, 6);

describe("a command's output", () => {
  it("has one answer per framing line", () => {
    const objects = [{ a: 1 }, { b: "x" }];
    expect(COMPLETE).toEqual({
      kind: "complete",
      answers: [
        { kind: "answer", id: 0, name: "", exitCode: 0, objects, continueToken: "abc%3D", stderr: "" },
        { kind: "answer", id: 1, name: "", exitCode: 0, objects, continueToken: "", stderr: "Warning: x" },
        { kind: "answer", id: 2, name: "", exitCode: 1, objects: [], continueToken: "", stderr: "Error from server (NotFound): x" },
        { kind: "deferred", id: 3, continueToken: "" },
        { kind: "too-large", id: 4 },
        { kind: "unreadable", id: 5 },
      ],
    });
  });

  it("can have other text before and after it", () => {
    expect(readOutput(`some notice\n${SAMPLE}bye`, NONCE, 6)).toEqual(COMPLETE);
  });

  it("is unusable if it is cut at its start, at its end or in between", () => {
    for (let at = 0; at < SAMPLE.length; at += 1) {
      expect(readOutput(SAMPLE.slice(0, at), NONCE, 6).kind, `cut at ${at}`).toBe("unusable");
      if (at > 0) expect(readOutput(SAMPLE.slice(at), NONCE, 6).kind, `from ${at}`).toBe("unusable");
    }
    const cut = fc.property(fc.nat(SAMPLE.length), fc.integer({ min: 1, max: SAMPLE.length }), (from, length) => {
      fc.pre(from + length <= SAMPLE.length);
      const output = readOutput(SAMPLE.slice(0, from) + SAMPLE.slice(from + length), NONCE, 6);
      // Text before the first and after the last framing line is not part of it.
      if (output.kind === "complete") expect(output).toEqual(COMPLETE);
    });
    fc.assert(cut, { numRuns: 5000 });
  });

  it("is read correctly or unusable if text is inserted", () => {
    const noise = fc.property(fc.nat(SAMPLE.length), fc.string({ minLength: 1 }), (at, text) => {
      const output = readOutput(SAMPLE.slice(0, at) + text + SAMPLE.slice(at), NONCE, 6);
      if (output.kind !== "complete") return;
      expect(output).toEqual(COMPLETE);
    });
    fc.assert(noise, { numRuns: 3000 });
  });

  it.each([
    ["another nonce", SAMPLE.replaceAll(NONCE, "f".repeat(32))],
    ["an answer without a request", SAMPLE.replace("answer 2", "answer 9")],
    ["fewer objects than announced", SAMPLE.replace("0 0 2", "0 0 3")],
    ["a token with a quote", SAMPLE.replace("abc%3D", "a'b")],
    ["an unknown keyword", SAMPLE.replace("too-large", "huge")],
  ])("is unusable with %s", (_, logs) => {
    expect(readOutput(logs, NONCE, 6).kind).toBe("unusable");
  });

  it("is unusable if it decompresses to more than the limit", () => {
    const bomb = gzipSync(Buffer.alloc(70 * 1024 * 1024, 32)).toString("base64");
    const part = `${NONCE} answer 0 0 1 ${bomb.length} gzip . .\n${bomb}\n`;
    const logs = `${NONCE} begin\n${part}${NONCE} end 1 ${part.length}\n`;
    expect(readOutput(logs, NONCE, 1).kind).toBe("unusable");
  });
});
