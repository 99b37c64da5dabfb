/** Quotes text for a POSIX shell. */

/** Any text as one word of a shell. @throws RangeError for a NUL, which a command cannot contain */
export function quote(text: string): string {
  if (text.includes("\0")) throw new RangeError("a shell word cannot hold a NUL");
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The words of a command line. */
export function words(args: readonly string[]): string {
  return args.map(quote).join(" ");
}
