/** Text for a POSIX shell. */

/** A text as one word of a shell, whatever it holds. A NUL cannot be in a command at all. */
export function quote(text: string): string {
  if (text.includes("\0")) throw new RangeError("a shell word cannot hold a NUL");
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Words of a command line. */
export function words(args: readonly string[]): string {
  return args.map(quote).join(" ");
}
