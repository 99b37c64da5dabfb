/**
 * Takes apart what a script printed. Whatever is missing, cut or does not add up makes the whole of it unusable: a part of
 * an answer must never pass for an answer.
 */
import { gunzipSync } from "node:zlib";
import { messageOf } from "../../lib/errors.ts";

/** What one line of the script's framing says, with the objects that belong to it. */
export type ScriptAnswer =
  | {
      readonly kind: "answer";
      readonly id: number;
      readonly exitCode: number;
      readonly objects: readonly unknown[];
      /** URL-encoded; empty where the list is at its end. */
      readonly continueAt: string;
      readonly stderr: string;
    }
  | { readonly kind: "later"; readonly id: number; readonly continueAt: string }
  | { readonly kind: "large" | "broken"; readonly id: number };

/** All answers in the order they were printed, or why there are none. */
export type ScriptOutput =
  | { readonly kind: "whole"; readonly answers: readonly ScriptAnswer[] }
  /** The output is cut off, or something else was printed into it. */
  | { readonly kind: "unusable"; readonly why: string }
  | { readonly kind: "missing"; readonly program: string };

/** Unpacked, a script's answers may be no longer than this: what is packed well may be huge. */
const MAX_UNPACKED = 64 * 1024 * 1024;
/** The start of the answer comes as printed; tokens of any other shape are no token. */
const TOKEN = /^[A-Za-z0-9%._~-]*$/;

class Unusable extends Error {}

/** Reads the output of a script that was compiled with this nonce for this many requests. Never throws. */
export function readOutput(logs: string, nonce: string, requests: number): ScriptOutput {
  try {
    return new Reader(logs, nonce, requests).read();
  } catch (error) {
    return { kind: "unusable", why: error instanceof Unusable ? error.message : messageOf(error) };
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
      // Whatever was printed before the script began is not its own.
    }
    const from = this.#at;
    const answers: ScriptAnswer[] = [];
    let missing: string | undefined;
    for (let lines = 0; ; lines += 1) {
      const before = this.#at;
      const line = this.#line();
      if (line === undefined) throw new Unusable("something else was printed into it.");
      const [word = "", ...rest] = line.split(" ");
      if (word === "end") {
        const [announced, bytes] = rest.map(wholeNumber);
        if (rest.length !== 2 || announced !== lines || bytes !== before - from) throw new Unusable("parts of it are missing.");
        return missing === undefined ? { kind: "whole", answers } : { kind: "missing", program: missing };
      }
      if (word === "missing") missing = rest[0] ?? "";
      else answers.push(this.#answer(word, rest));
    }
  }

  /** The next line without the nonce; undefined for a line that has none. */
  #line(): string | undefined {
    const end = this.#text.indexOf("\n", this.#at);
    // The last line ends with a line break too: without it, it may be cut.
    if (end === -1) throw new Unusable("it is cut off.");
    const line = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    return line.startsWith(this.#prefix) ? line.slice(this.#prefix.length) : undefined;
  }

  #answer(word: string, rest: readonly string[]): ScriptAnswer {
    const id = wholeNumber(rest[0]);
    if (id >= this.#requests) throw new Unusable("it answers what was not asked.");
    if (word === "later") return { kind: "later", id, continueAt: token(rest[1]) };
    if (word === "large" || word === "broken") return { kind: word, id };
    if (word !== "answer" || rest.length !== 7) throw new Unusable("it is garbled.");
    const [, exitCode, count, bytes, form, continueAt, stderr] = rest;
    const body = this.#body(wholeNumber(bytes));
    const objects = readObjects(form === "gzip" ? unpack(body) : body);
    if (objects.length !== wholeNumber(count)) throw new Unusable(`${objects.length} objects came where ${count ?? "?"} were announced.`);
    return { kind: "answer", id, exitCode: wholeNumber(exitCode), objects, continueAt: token(continueAt), stderr: decodeURIComponent(dotted(stderr)) };
  }

  /** The next so many bytes, which are ASCII, and their line break. */
  #body(bytes: number): string {
    if (bytes === 0) return "";
    const body = this.#text.slice(this.#at, this.#at + bytes);
    this.#at += bytes + 1;
    if (body.length < bytes || this.#text[this.#at - 1] !== "\n") throw new Unusable("it is cut off.");
    return body;
  }
}

function readObjects(body: string): readonly unknown[] {
  return body
    .split("\n")
    .filter((line) => line !== "")
    .map((line): unknown => JSON.parse(line));
}

function unpack(body: string): string {
  return gunzipSync(Buffer.from(body, "base64"), { maxOutputLength: MAX_UNPACKED }).toString("utf8");
}

function wholeNumber(text: string | undefined): number {
  if (text === undefined || !/^\d{1,9}$/.test(text)) throw new Unusable("it is garbled.");
  return Number(text);
}

function token(text: string | undefined): string {
  const value = dotted(text);
  if (!TOKEN.test(value)) throw new Unusable("it is garbled.");
  return value;
}

/** A dot stands before what may be empty. */
function dotted(text: string | undefined): string {
  if (text?.startsWith(".") !== true) throw new Unusable("it is garbled.");
  return text.slice(1);
}
