/** Numbers as people read them. */

/** A whole number: `12,345`. Not by Intl, whose first use takes 20 ms. */
export function number(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+(?!\d))/g, ",");
}

/** `1 pod`, `3 pods`, `1,200 pods`; `plural` where adding an s does not do. */
export function count(value: number, noun: string, plural = `${noun}s`): string {
  return `${number(value)} ${value === 1 ? noun : plural}`;
}

/** Milliseconds since the start of the run as `+01:48`; from an hour on `+1:01:48`. */
export function elapsed(milliseconds: number): string {
  const seconds = Math.floor(Math.max(0, milliseconds) / 1000);
  const twoDigits = (value: number): string => String(value).padStart(2, "0");
  const clock = `${twoDigits(Math.floor(seconds / 60) % 60)}:${twoDigits(seconds % 60)}`;
  return seconds < 3600 ? `+${clock}` : `+${String(Math.floor(seconds / 3600))}:${clock}`;
}

/** Bytes of a text in UTF-8: what GitHub measures. */
export function utf8Bytes(text: string): number {
  return Buffer.byteLength(text, "utf8");
}
