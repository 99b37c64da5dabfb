/** Globs of names. Globs of files are matched by Node's `fs.glob`. */

/**
 * Whether a name matches a pattern in which `*` stands for any text. Searches each literal part once, from left to right: no
 * regular expression is built from user input, and there is no backtracking.
 */
export function globMatches(glob: string, name: string): boolean {
  const parts = glob.split("*");
  const first = parts[0] ?? "";
  const last = parts.at(-1) ?? "";
  if (parts.length === 1) return glob === name;
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last)) return false;
  let from = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, from);
    if (found < 0) return false;
    from = found + part.length;
  }
  return from <= name.length - last.length;
}
