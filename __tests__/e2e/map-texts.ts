/** Changes the texts in JSON. */
import type { Json } from "../../simulator/lib/json.ts";

/** A copy of the value with changed texts. `change` gets each text and the name of the property that it is in. */
export function mapTexts(value: Json, change: (text: string, key: string) => string, key = ""): Json {
  if (typeof value === "string") return change(value, key);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change, key));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, mapTexts(child ?? null, change, name)]));
}
