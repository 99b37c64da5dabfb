/**
 * Texts from bytes, the same text for the same bytes. Most texts of a pod stand in its neighbours as well, such as the names of
 * containers and their arguments: finding one that is known takes less than making it again, and leaves nothing to be cleared away.
 */

/** A power of two. */
const PLACES = 4096;
/** Longer ones seldom come back. */
const LONGEST = 64;

export class TextPool {
  readonly #known: string[] = Array.from({ length: PLACES }, () => "");

  /** The UTF-8 text in `bytes` from `start` to before `end`. */
  text(bytes: Buffer, start: number, end: number): string {
    const length = end - start;
    if (length === 0) return "";
    if (length > LONGEST) return bytes.toString("utf8", start, end);
    let hash = length;
    for (let at = start; at < end; at += 1) hash = (Math.imul(hash, 31) + (bytes[at] ?? 0)) | 0;
    const place = (hash ^ (hash >>> 15)) & (PLACES - 1);
    const known = this.#known[place] ?? "";
    if (known.length === length && isSame(known, bytes, start)) return known;
    const text = bytes.toString("utf8", start, end);
    this.#known[place] = text;
    return text;
  }
}

/** Whether these are the bytes of a text, as long as they are. Only of ASCII is that ever so: other texts are made anew. */
function isSame(text: string, bytes: Buffer, start: number): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) !== bytes[start + at]) return false;
  return true;
}
