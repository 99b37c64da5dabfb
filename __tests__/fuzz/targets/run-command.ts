/**
 * The output of a run command. It is made as the script makes it, and one thing happens to it: a part is lost, doubled, moved or
 * overwritten, or other text gets in. It is then read as it was, or not at all.
 */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { readOutput, type ScriptAnswer, type ScriptOutput } from "../../../src/kubernetes/run-command/script-output.ts";
import { words } from "../../../src/kubernetes/run-command/shell.ts";
import { Choices } from "../choices.ts";
import type { Target } from "../target.ts";

const NONCE = "0123456789abcdef0123456789abcdef";
const MOST_REQUESTS = 4;

/** The output for some answers. */
function outputOf(choices: Choices): string {
  const lines: string[] = [];
  const requests = 1 + choices.below(MOST_REQUESTS);
  for (let id = 0; id < requests; id += 1) {
    const kind = choices.pick(["answer", "answer", "answer", "deferred", "too-large", "unreadable", "missing"]);
    const token = `.${encodeURIComponent(choices.text()).replaceAll(/[!'()*]/g, "")}`;
    if (kind === "missing") lines.push(`${NONCE} missing jq`);
    else if (kind === "deferred") lines.push(`${NONCE} deferred ${id} ${token}`);
    else if (kind !== "answer") lines.push(`${NONCE} ${kind} ${id}`);
    else {
      const objects = Array.from({ length: choices.below(5) }, (_, index) => JSON.stringify({ index, text: choices.below(3) }));
      const plain = objects.join("\n");
      const isPacked = objects.length > 0 && choices.below(2) === 1;
      const body = isPacked ? gzipSync(`${plain}\n`).toString("base64") : plain;
      lines.push(`${NONCE} answer ${id} ${choices.below(2)} ${objects.length} ${body.length} ${isPacked ? "gzip" : "plain"} ${token} .${choices.pick(["", "Warning%3A%20x", "Error%20from%20server"])}`, ...(body === "" ? [] : [body]));
    }
  }
  const text = lines.map((line) => `${line}\n`).join("");
  const framing = text.split("\n").filter((line) => line.startsWith(NONCE)).length;
  return `notice\n${NONCE} begin\n${text}${NONCE} end ${framing} ${text.length}\nbye`;
}

/** What one mishap makes of an output. */
function damaged(output: string, choices: Choices): string {
  const from = choices.below(65_536) % (output.length + 1);
  const to = Math.min(output.length, from + 1 + choices.below(256));
  const [before, part, after] = [output.slice(0, from), output.slice(from, to), output.slice(to)];
  switch (choices.below(6)) {
    case 0:
      return before;
    case 1:
      return before + after;
    case 2:
      return before + part + part + after;
    case 3:
      return after + before + part;
    case 4:
      return before + choices.pick([" ", "?", "\0", "\ufffd", "\n"]).repeat(part.length) + after;
    default:
      return before + choices.rest().toString("utf8").replaceAll(NONCE, "") + part + after;
  }
}

/** What decides which objects are there. */
function shapeOf(output: ScriptOutput): unknown {
  const ofAnswer = (answer: ScriptAnswer): unknown => (answer.kind === "answer" ? { ...answer, objects: answer.objects.length, stderr: "" } : answer);
  return output.kind === "complete" ? output.answers.map(ofAnswer) : output;
}

/** Holds for all texts. */
function expectSound(output: ScriptOutput, requests: number): string {
  if (output.kind !== "complete") return output.kind === "unusable" ? output.why.replaceAll(/\d+/g, "1").slice(0, 40) : output.kind;
  for (const answer of output.answers) {
    assert(answer.id < requests, "an answer belongs to a request");
    if ("continueToken" in answer) assert.equal(words([`x${answer.continueToken}`]).replaceAll("'", ""), `x${answer.continueToken}`, "a continue token is one plain word of a shell");
  }
  return output.answers.map(({ kind }) => kind).join(" ");
}

function fuzz(data: Buffer): string {
  const choices = new Choices(data);
  if (choices.below(4) === 0) {
    return expectSound(readOutput(choices.rest().toString("utf8").replaceAll("NONCE", NONCE), NONCE, MOST_REQUESTS), MOST_REQUESTS);
  }
  const output = outputOf(choices);
  const whole = readOutput(output, NONCE, MOST_REQUESTS);
  assert.notEqual(whole.kind, "unusable", "an output as the script makes it can be read");
  const read = readOutput(damaged(output, choices), NONCE, MOST_REQUESTS);
  if (read.kind !== "unusable") assert.deepEqual(shapeOf(read), shapeOf(whole), "a damaged output is not another one");
  return expectSound(read, MOST_REQUESTS);
}

export const target: Target = {
  covers: ["src/kubernetes/run-command/script-output.ts"],
  seeds: () => [
    Buffer.from('\0NONCE begin\nNONCE answer 0 0 2 15 plain .abc%3D .\n{"a":1}\n{"b":2}\nNONCE deferred 1 .x\nNONCE end 2 88\n'),
    Buffer.from([1, 3, 0, 1, 65, 3, 0, 0, 1, 2, 1, 0, 0, 0, 4, 0, 0, 1, 0, 4, 0, 0, 100, 7, 1]),
    Buffer.from([2, 2, 0, 2, 65, 66, 4, 1, 1, 2, 0, 1, 0, 1, 3, 1, 67, 0, 80, 40, 3]),
    Buffer.from([3, 0, 0, 0, 2, 1, 2, 0, 0, 0, 0, 60, 9, 5, 32, 10]),
  ],
  tokens: ["NONCE ", "NONCE begin\n", "NONCE end 1 1\n", "answer 0 0 1 2 plain . .\n", "gzip", "plain", "deferred 0 .", "too-large 0", "unreadable 0", "missing jq", "{}", "\n", "%", "H4sIAAAAAAAA"],
  fuzz,
};
