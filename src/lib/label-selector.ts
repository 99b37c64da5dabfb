/** Kubernetes label selectors, as admission webhooks use them. */
import { arrayAt, at, entry, isRecord, type StringMap, stringMapAt, textAt, textsAt } from "./json.ts";

/** A Kubernetes label selector. */
export interface LabelSelector {
  readonly matchLabels: Readonly<Record<string, string>>;
  readonly matchExpressions: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values: readonly string[];
  }[];
}

/** Reads a LabelSelector. An absent one selects everything, as the API documents for webhooks. */
export function readLabelSelector(json: unknown): LabelSelector {
  return {
    matchLabels: stringMapAt(json, "matchLabels"),
    matchExpressions: arrayAt(json, "matchExpressions")
      .filter(isRecord)
      .map((expression) => ({
        key: textAt(expression, "key"),
        operator: textAt(expression, "operator"),
        values: textsAt(expression, "values"),
      })),
  };
}

/** Whether a selector matches an object with these labels. An unknown operator matches nothing. */
export function selectorMatches(selector: LabelSelector, labels: StringMap): boolean {
  for (const [key, value] of Object.entries(selector.matchLabels)) {
    if (entry(labels, key) !== value) return false;
  }
  return selector.matchExpressions.every(({ key, operator, values }) => {
    const value = entry(labels, key);
    switch (operator) {
      case "In":
        return value !== undefined && values.includes(value);
      case "NotIn":
        return value === undefined || !values.includes(value);
      case "Exists":
        return value !== undefined;
      case "DoesNotExist":
        return value === undefined;
      default:
        return false;
    }
  });
}

/** Whether a selector requires exactly this value of a label. */
export function selectorNames(selector: LabelSelector, key: string, value: string): boolean {
  return (
    entry(selector.matchLabels, key) === value ||
    selector.matchExpressions.some(
      (expression) => expression.key === key && expression.operator === "In" && expression.values.includes(value),
    )
  );
}

/** The labels of a Kubernetes object. */
export function labelsOf(json: unknown): StringMap {
  return stringMapAt(at(json, "metadata"), "labels");
}
