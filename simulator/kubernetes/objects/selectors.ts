/** Label selectors (texts in queries, objects in webhooks) and field selectors. */
import { type JsonObject, objectsAt, stringsAt } from "../../lib/json.ts";

type Labels = Readonly<Record<string, string>>;

export interface Requirement {
  readonly key: string;
  readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  readonly values: readonly string[];
}

/** Whether labels meet a requirement. A missing key meets NotIn, as in Kubernetes. */
export function meets(labels: Labels, { key, operator, values }: Requirement): boolean {
  const value = labels[key];
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
  }
}

function parseRequirement(text: string): Requirement {
  const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(text);
  if (set !== null) {
    const values = (set[3] ?? "").split(",").map((value) => value.trim());
    return { key: set[1] ?? "", operator: set[2] === "in" ? "In" : "NotIn", values };
  }
  const equality = /^([^=!\s]+)\s*(==|=|!=)\s*(\S*)$/.exec(text);
  if (equality !== null) {
    return { key: equality[1] ?? "", operator: equality[2] === "!=" ? "NotIn" : "In", values: [equality[3] ?? ""] };
  }
  return text.startsWith("!")
    ? { key: text.slice(1).trim(), operator: "DoesNotExist", values: [] }
    : { key: text, operator: "Exists", values: [] };
}

/** Parses a labelSelector or fieldSelector parameter: equality- and set-based requirements, comma separated. */
export function parseSelector(text: string): Requirement[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map(parseRequirement);
}

function isOperator(text: string): text is Requirement["operator"] {
  return text === "In" || text === "NotIn" || text === "Exists" || text === "DoesNotExist";
}

/** Whether labels match a LabelSelector object (matchLabels, matchExpressions); an empty one matches everything. */
export function matchesSelector(labels: Labels, selector: JsonObject): boolean {
  const byLabels = Object.entries(stringsAt(selector, "matchLabels")).every(([key, value]) => labels[key] === value);
  return (
    byLabels &&
    objectsAt(selector, "matchExpressions").every((expression) => {
      const { key, operator, values } = expression;
      if (typeof key !== "string" || typeof operator !== "string" || !isOperator(operator)) return false;
      const texts = Array.isArray(values) ? values.filter((value) => typeof value === "string") : [];
      return meets(labels, { key, operator, values: texts });
    })
  );
}
