/**
 * Decodes texts and reuses those that were decoded before. Pods share most of their texts, such as the names and arguments of
 * containers: a lookup is faster than decoding the text again, and leaves no garbage to collect.
 */

/** A power of two, so that a bit mask selects the slot. */
const SLOTS = 4096;
/** Bytes. Longer texts rarely repeat. */
const MAX_LENGTH = 64;

export class TextPool {
  readonly #known: string[] = Array.from({ length: SLOTS }, () => "");

  /** The UTF-8 text in `bytes` from `start` to `end` (exclusive). */
  text(bytes: Buffer, start: number, end: number): string {
    const length = end - start;
    if (length === 0) return "";
    if (length > MAX_LENGTH) return bytes.toString("utf8", start, end);
    let hash = length;
    for (let at = start; at < end; at += 1) hash = (Math.imul(hash, 31) + (bytes[at] ?? 0)) | 0;
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    const known = this.#known[slot] ?? "";
    if (known.length === length && matches(known, bytes, start)) return known;
    const text = bytes.toString("utf8", start, end);
    this.#known[slot] = text;
    return text;
  }
}

/** Whether the bytes at `start` are this text, compared unit by unit: only ASCII texts match, and others are decoded again. */
function matches(text: string, bytes: Buffer, start: number): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) !== bytes[start + at]) return false;
  return true;
}
