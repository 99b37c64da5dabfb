/**
 * jq filters that reduce an object to the fields that the action reads, in their place, so that the same readers read both. `run-command`
 * needs them because its output is cut at 512 kB. The filter follows from the path of a request, so every request has one.
 * `__tests__/kubernetes/run-command/projections.test.ts` compares them with the readers.
 *
 * Every filter is a constant, in one line and in parentheses, and yields exactly one value. jq 1.6 is sufficient.
 */
import { type Fields, fieldsFor } from "../fields.ts";

/**
 * `o` keeps properties that are not null; `l` applies a filter to each item of a list. Both leave values of another type unchanged.
 * `with_entries` would take three times as long for a page of pods (measured with jq 1.6).
 */
const FUNCTIONS = 'def o(f): if type == "object" then f | . as $object | delpaths([keys_unsorted[] | select($object[.] == null) | [.]]) else . end; def l(f): if type == "array" then map(f) else . end;';

/** The chart's values are a JSON text of many kilobytes, of which one setting is read. Other config maps are kept unchanged. */
const CONFIG_MAP =
  'if ((.metadata.name // "") | startswith("istio-sidecar-injector-")) then {metadata: {name: .metadata.name, namespace: .metadata.namespace}, data: {values: ((.data.values // "") | (try fromjson catch null) | if type == "object" then {pilot: {cni: {enabled: (try .pilot.cni.enabled catch null)}}} else null end | tojson)}} else del(.metadata.managedFields) end';

/** A workload. Of its pod template's spec only istio-init is kept, which is there where the template was injected by hand. */
const WORKLOAD =
  '(del(.metadata.managedFields, .metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"], .spec.jobTemplate.spec.template.spec) | if (try .spec.template.spec catch null | type) == "object" then .spec.template.spec |= {initContainers: [.initContainers[]? | select(type == "object" and .name == "istio-init") | {name}]} else del(.spec.template.spec) end)';

/** Other resources are kept whole, except for managed fields. */
const DEFAULT = "del(.metadata.managedFields)";

const BY_RESOURCE: ReadonlyMap<string, string> = new Map([
  ["configmaps", CONFIG_MAP],
  ["deployments", WORKLOAD],
  ["statefulsets", WORKLOAD],
  ["daemonsets", WORKLOAD],
  ["jobs", WORKLOAD],
  ["cronjobs", WORKLOAD],
]);

/** The filter for objects of this resource, such as `pods`. */
export function projectionFor(resource: string): string {
  const fields = fieldsFor(resource);
  return fields === undefined ? (BY_RESOURCE.get(resource) ?? DEFAULT) : `(${FUNCTIONS} ${filter(fields)})`;
}

function filter(fields: Fields): string {
  switch (fields.kind) {
    case "whole":
      return ".";
    case "presence":
      return "(if . == null then . else 0 end)";
    case "object":
      return `o({${Object.entries(fields.of).map(([name, kept]) => property(name, kept)).join(", ")}})`;
    case "list":
      return `l(${filter(fields.each)})`;
    case "texts": {
      const isListed = fields.values.map((value) => `. == ${JSON.stringify(value)}`).join(" or ");
      return `(if type == "array" then map(strings) | .[:${fields.first}] + (.[${fields.first}:] | map(select(${isListed}))) else . end)`;
    }
    case "selected": {
      const isSelected = fields.values.map((value) => `.${fields.key} == ${JSON.stringify(value)}`).join(" or ");
      const test = `type == "object" and (${isSelected})`;
      return `l(${fields.others === undefined ? `select(${test}) | ${filter(fields.each)}` : `if ${test} then ${filter(fields.each)} else ${filter(fields.others)} end`})`;
    }
  }
}

function property(name: string, kept: Fields): string {
  const isIdentifier = /^[A-Za-z]+$/.test(name);
  const [key, value] = isIdentifier ? [name, `.${name}`] : [JSON.stringify(name), `.[${JSON.stringify(name)}]`];
  if (kept.kind !== "whole") return `${key}: (${value} | ${filter(kept)})`;
  return isIdentifier ? key : `${key}: ${value}`;
}
