/** Paths and JSON texts of all leaves of a JSON value; an empty object or list is a leaf. */
export function leaves(value: unknown, path = "", into = new Map<string, string>()): Map<string, string> {
  const entries = typeof value === "object" && value !== null ? Object.entries(value) : [];
  if (entries.length === 0) into.set(path, JSON.stringify(value));
  for (const [key, child] of entries) leaves(child, `${path}/${key}`, into);
  return into;
}
