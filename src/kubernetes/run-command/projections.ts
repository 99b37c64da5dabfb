/**
 * jq filters that keep of an object what somebody here reads, in the place where it was, so that one reader reads both. They are
 * for `run-command`, whose answers are cut at 512 kB. Which one applies follows from the path that is asked, so that no question
 * can be put without one. `__tests__/kubernetes/projections.test.ts` holds them against the readers.
 *
 * Every filter is a constant, in one line and in parentheses, and yields exactly one value. jq 1.6 is enough.
 */
import { type Fields, fieldsOf } from "../fields.ts";

/** `o` keeps properties, without absent ones; `l` does something to each item. Both leave alone what is of another type. */
const WORDS = 'def o(f): if type == "object" then f | with_entries(select(.value != null)) else . end; def l(f): if type == "array" then map(f) else . end;';

/** The chart's values are a JSON text of many kilobytes, of which one switch counts. Other config maps are kept as they are. */
const CONFIG_MAP =
  'if ((.metadata.name // "") | startswith("istio-sidecar-injector-")) then {metadata: {name: .metadata.name, namespace: .metadata.namespace}, data: {values: ((.data.values // "") | (try fromjson catch null) | if type == "object" then {pilot: {cni: {enabled: (try .pilot.cni.enabled catch null)}}} else null end | tojson)}} else del(.metadata.managedFields) end';

/** Of a workload everything but what its pods are made from. */
const WORKLOAD =
  'del(.metadata.managedFields, .metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"], .spec.template.spec, .spec.jobTemplate.spec.template.spec)';

/** What nobody thought of is kept whole, but for the bookkeeping of field managers. */
const ANYTHING = "del(.metadata.managedFields)";

const BY_RESOURCE: ReadonlyMap<string, string> = new Map([
  ["configmaps", CONFIG_MAP],
  ["deployments", WORKLOAD],
  ["statefulsets", WORKLOAD],
  ["daemonsets", WORKLOAD],
  ["jobs", WORKLOAD],
  ["cronjobs", WORKLOAD],
]);

/** The filter for objects of this resource, such as `pods`. */
export function projectionOf(resource: string): string {
  const fields = fieldsOf(resource);
  return fields === undefined ? (BY_RESOURCE.get(resource) ?? ANYTHING) : `(${WORDS} ${filter(fields)})`;
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
      const is = fields.values.map((value) => `. == ${JSON.stringify(value)}`).join(" or ");
      return `(if type == "array" then map(strings) | .[:${fields.first}] + (.[${fields.first}:] | map(select(${is}))) else . end)`;
    }
    case "some": {
      const is = fields.values.map((value) => `.${fields.key} == ${JSON.stringify(value)}`).join(" or ");
      const test = `type == "object" and (${is})`;
      return `l(${fields.others === undefined ? `select(${test}) | ${filter(fields.each)}` : `if ${test} then ${filter(fields.each)} else ${filter(fields.others)} end`})`;
    }
  }
}

function property(name: string, kept: Fields): string {
  const isWord = /^[A-Za-z]+$/.test(name);
  const [key, value] = isWord ? [name, `.${name}`] : [JSON.stringify(name), `.[${JSON.stringify(name)}]`];
  if (kept.kind !== "whole") return `${key}: (${value} | ${filter(kept)})`;
  return isWord ? key : `${key}: ${value}`;
}
