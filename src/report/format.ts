/** Numbers, times and phrases for people. */

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

/** The parts of a UTC time: `26 Nov` and `02:14`. @param iso an ISO 8601 text */
export function dayAndTime(iso: string): { readonly day: string; readonly time: string } {
  // `Thu, 26 Nov 2026 02:14:00 GMT`, always in this form (ECMAScript).
  const [, date = "", month = "", , clock = ""] = new Date(iso).toUTCString().split(" ");
  return { day: `${String(Number(date))} ${month}`, time: clock.slice(0, 5) };
}

/** A phrase as the beginning of a sentence. */
export function upperFirst(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

/** In a sentence; names such as CNI and AKS keep their letters. */
export function lowerFirst(text: string): string {
  return /^[A-Z][a-z ]/.test(text) ? `${text.charAt(0).toLowerCase()}${text.slice(1)}` : text;
}
