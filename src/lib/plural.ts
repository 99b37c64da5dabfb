/** Whole numbers and counted nouns as they appear in texts. */

/** A whole number with thousands separators: `12,345`. Intl is not used, because its first call takes 20 ms. */
export function number(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+(?!\d))/g, ",");
}

/** `1 pod`, `3 pods`, `1,200 pods`. A noun that does not form its plural with an s comes with its plural. */
export function count(value: number, noun: string, plural = `${noun}s`): string {
  return `${number(value)} ${value === 1 ? noun : plural}`;
}
