/**
 * Reads the output of a script. If any part of it is missing, cut or inconsistent, all of it is unusable: a partial response must never
 * be taken for a complete one.
 */
import { gunzipSync } from "node:zlib";
import { messageOf } from "../../lib/errors.ts";

/** One framing line of the output, with its objects. */
export type ScriptAnswer =
  | {
      readonly kind: "answer";
      readonly id: number;
      /** For which name a write was sent; empty for requests that are not sent for several names. */
      readonly name: string;
      readonly exitCode: number;
      readonly objects: readonly unknown[];
      /** URL-encoded; empty on the last page of a list. */
      readonly continueToken: string;
      readonly stderr: string;
    }
  | { readonly kind: "deferred"; readonly id: number; readonly continueToken: string }
  | { readonly kind: "too-large" | "unreadable"; readonly id: number };

/** All answers in the order in which they were printed, or why there are none. */
export type ScriptOutput =
  | { readonly kind: "complete"; readonly answers: readonly ScriptAnswer[] }
  /** The output is cut off, or other text is mixed into it. */
  | { readonly kind: "unusable"; readonly why: string }
  | { readonly kind: "missing-program"; readonly program: string };

/** Limits the decompressed length of a response: a small compressed text can expand to a huge one. */
const MAX_DECOMPRESSED = 64 * 1024 * 1024;
/** URL-encoded text. The token becomes part of a later command, so text of any other shape is not accepted. */
const TOKEN = /^[A-Za-z0-9%._~-]*$/;

/** Reads the output of a script that was compiled with this nonce for this many requests. Never throws. */
export function readOutput(logs: string, nonce: string, requests: number): ScriptOutput {
  try {
    return new Reader(logs, nonce, requests).read();
  } catch (error) {
    return { kind: "unusable", why: messageOf(error) };
  }
}

class Reader {
  readonly #text: string;
  readonly #prefix: string;
  readonly #requests: number;
  #at = 0;

  constructor(text: string, nonce: string, requests: number) {
    this.#text = text;
    this.#prefix = `${nonce} `;
    this.#requests = requests;
  }

  read(): ScriptOutput {
    while (this.#line() !== "begin") {
      // Text before the first framing line is not from the script.
    }
    const from = this.#at;
    const answers: ScriptAnswer[] = [];
    let missing: string | undefined;
    for (let lines = 0; ; lines += 1) {
      const before = this.#at;
      const line = this.#line();
      if (line === undefined) throw new SyntaxError("other text is mixed into it.");
      const [word = "", ...rest] = line.split(" ");
      if (word === "end") {
        const [announced, bytes] = rest.map(wholeNumber);
        if (rest.length !== 2 || announced !== lines || bytes !== before - from) throw new SyntaxError("a part of it is missing.");
        return missing === undefined ? { kind: "complete", answers } : { kind: "missing-program", program: missing };
      }
      if (word === "missing") missing = rest[0] ?? "";
      else answers.push(this.#answer(word, rest));
    }
  }

  /** The next line without its nonce; undefined for a line without a nonce. */
  #line(): string | undefined {
    const end = this.#text.indexOf("\n", this.#at);
    // A line without a line break may be cut: the script ends the last one with a line break, too.
    if (end === -1) throw new SyntaxError("it is cut off.");
    const line = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    return line.startsWith(this.#prefix) ? line.slice(this.#prefix.length) : undefined;
  }

  #answer(word: string, rest: readonly string[]): ScriptAnswer {
    const [number, name = ""] = (rest[0] ?? "").split(".");
    const id = wholeNumber(number);
    if (id >= this.#requests) throw new SyntaxError("it contains an answer without a request.");
    if (word === "deferred") return { kind: word, id, continueToken: token(rest[1]) };
    if (word === "too-large" || word === "unreadable") return { kind: word, id };
    if (word !== "answer" || rest.length !== 7) throw new SyntaxError("its format is not valid.");
    const [, exitCode, count, bytes, form, continueToken, stderr] = rest;
    const body = this.#body(wholeNumber(bytes));
    const objects = readObjects(form === "gzip" ? decompress(body) : body);
    if (objects.length !== wholeNumber(count)) throw new SyntaxError(`it has ${objects.length} objects instead of ${count ?? "?"}.`);
    return { kind: "answer", id, name, exitCode: wholeNumber(exitCode), objects, continueToken: token(continueToken), stderr: decodeURIComponent(afterDot(stderr)) };
  }

  /** Reads this many bytes, which are ASCII, and the line break after them. */
  #body(bytes: number): string {
    if (bytes === 0) return "";
    const body = this.#text.slice(this.#at, this.#at + bytes);
    this.#at += bytes + 1;
    if (body.length < bytes || this.#text[this.#at - 1] !== "\n") throw new SyntaxError("it is cut off.");
    return body;
  }
}

function readObjects(body: string): readonly unknown[] {
  return body
    .split("\n")
    .filter((line) => line !== "")
    .map((line): unknown => JSON.parse(line));
}

function decompress(body: string): string {
  return gunzipSync(Buffer.from(body, "base64"), { maxOutputLength: MAX_DECOMPRESSED }).toString("utf8");
}

function wholeNumber(text: string | undefined): number {
  if (text === undefined || !/^\d{1,9}$/.test(text)) throw new SyntaxError("its format is not valid.");
  return Number(text);
}

function token(text: string | undefined): string {
  const value = afterDot(text);
  if (!TOKEN.test(value)) throw new SyntaxError("its format is not valid.");
  return value;
}

/** The text after the dot that the script prints before values that may be empty. */
function afterDot(text: string | undefined): string {
  if (text?.startsWith(".") !== true) throw new SyntaxError("its format is not valid.");
  return text.slice(1);
}
