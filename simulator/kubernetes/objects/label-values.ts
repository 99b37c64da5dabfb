/** Validation of label values. */
import type { Reply } from "../../lib/http.ts";
import { invalidField } from "./status.ts";

const LONGEST = 63;
const VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;

/** 422 for the first invalid value; undefined where all are valid. `kind` and `name`: of the labelled object. */
export function invalidLabels(kind: string, name: string, labels: Readonly<Record<string, string>>): Reply | undefined {
  for (const value of Object.values(labels)) {
    if (value.length <= LONGEST && VALUE.test(value)) continue;
    const rule =
      value.length > LONGEST
        ? `must be no more than ${LONGEST} characters`
        : "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
    return invalidField(kind, name, "metadata.labels", "FieldValueInvalid", `Invalid value: "${value}": ${rule}`);
  }
  return undefined;
}
