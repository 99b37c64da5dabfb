/** Numbers and durations as people read them. */

/** `12,345`. */
export function number(value: number): string {
  return value.toLocaleString("en-US");
}

/** `1 pod`, `3 pods`, `1,200 pods`; `plural` where adding an s does not do. */
export function count(value: number, noun: string, plural = `${noun}s`): string {
  return `${number(value)} ${value === 1 ? noun : plural}`;
}

/** Milliseconds as `0.4 s`, `12 s`, `1 min 48 s`, `2 h 5 min`. */
export function duration(milliseconds: number): string {
  const safe = Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : 0;
  if (safe < 9950) return `${(safe / 1000).toFixed(1)} s`;
  const seconds = Math.round(safe / 1000);
  if (seconds < 60) return `${String(seconds)} s`;
  if (seconds < 3600) return `${String(Math.floor(seconds / 60))} min ${String(seconds % 60)} s`;
  return `${String(Math.floor(seconds / 3600))} h ${String(Math.floor((seconds % 3600) / 60))} min`;
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
