/** Numbers and times for people. */

/** A whole number: `12,345`. The first use of Intl would take 20 ms. */
export function number(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+(?!\d))/g, ",");
}

/** `1 pod`, `3 pods`, `1,200 pods`; `plural` for irregular nouns. */
export function count(value: number, noun: string, plural = `${noun}s`): string {
  return `${number(value)} ${value === 1 ? noun : plural}`;
}

/** Milliseconds since the start of the run: `+01:48`, or `+1:01:48` from one hour on. */
export function elapsed(milliseconds: number): string {
  const seconds = Math.floor(Math.max(0, milliseconds) / 1000);
  const twoDigits = (value: number): string => String(value).padStart(2, "0");
  const clock = `${twoDigits(Math.floor(seconds / 60) % 60)}:${twoDigits(seconds % 60)}`;
  return seconds < 3600 ? `+${clock}` : `+${String(Math.floor(seconds / 3600))}:${clock}`;
}

/** The size of a text in UTF-8, which is what GitHub limits. */
export function utf8Bytes(text: string): number {
  return Buffer.byteLength(text, "utf8");
}
