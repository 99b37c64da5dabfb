import { type Json, valueAt } from "../../simulator/lib/json.ts";

/** The number at a path; 0 where there is none. */
export function numberAt(root: Json | undefined, ...path: readonly string[]): number {
  const value = valueAt(root, ...path);
  return typeof value === "number" ? value : 0;
}
