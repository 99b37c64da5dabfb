/** The reference of the JSON report in docs/report.md: a table for each object of report.schema.json, and its example. */
import { arrayAt, at, isRecord, textAt } from "../src/lib/json.ts";

interface Section {
  /** `mesh.redirectionMechanism`, or the name of a definition. */
  readonly name: string;
  readonly schema: unknown;
}

/** @param schema the parsed report.schema.json */
export function renderReportReference(schema: unknown): string {
  const definitions = entriesOf(at(schema, "$defs"));
  const sections = [
    ...objectsIn("", schema),
    ...definitions.flatMap(([name, definition]) => (isObject(definition) ? [{ name, schema: definition }, ...objectsIn(`${name}.`, definition)] : [])),
  ];
  const lists = definitions.filter(([, definition]) => valuesOf(definition) !== undefined);
  return [
    "### The report",
    propertiesTable("", schema),
    ...sections.flatMap(({ name, schema: section }) => [`### ${name}`, sentence(textAt(section, "description")), propertiesTable(`${name}.`, section)]),
    ...lists.flatMap(([name, definition]) => [`### ${name}`, `${sentence(textAt(definition, "description"))} One of ${(valuesOf(definition) ?? []).join(", ")}.`]),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

/** The first example of the schema, as a block of JSON. */
export function renderReportExample(schema: unknown): string {
  const [example] = arrayAt(schema, "examples");
  return ["```json", JSON.stringify(example, null, 2), "```"].join("\n");
}

/** The objects that are described where they are used, at any depth. */
function objectsIn(prefix: string, schema: unknown): readonly Section[] {
  return entriesOf(at(schema, "properties")).flatMap(([name, property]) =>
    isObject(property) ? [{ name: `${prefix}${name}`, schema: property }, ...objectsIn(`${prefix}${name}.`, property)] : [],
  );
}

function propertiesTable(prefix: string, schema: unknown): string {
  const required = at(schema, "required");
  const isRequired = (name: string): boolean => Array.isArray(required) && required.includes(name);
  const rows = entriesOf(at(schema, "properties")).map(
    ([name, property]) => `| \`${name}\` | ${typeOf(`${prefix}${name}`, property)}${isRequired(name) ? "" : ", optional"} | ${cell(textAt(property, "description"))} |`,
  );
  return ["| Property | Type | Meaning |", "| :-- | :-- | :-- |", ...rows].join("\n");
}

/** The type of a property; objects and lists of values are links to their sections. */
function typeOf(path: string, property: unknown): string {
  const reference = textAt(property, "$ref").replace("#/$defs/", "");
  if (reference !== "") return linkTo(reference);
  const value = at(property, "const");
  if (value !== undefined) return `\`${JSON.stringify(value)}\``;
  if (isObject(property)) return linkTo(path);
  const type = textAt(property, "type");
  if (type === "array") return `array of ${typeOf(path, at(property, "items"))}`;
  if (type === "object") return `object of ${typeOf(path, at(property, "additionalProperties"))} by ${typeOf(path, at(property, "propertyNames"))}`;
  return textAt(property, "format") === "date-time" ? "date and time" : type;
}

/** Whether a schema is that of an object with properties of its own. */
function isObject(schema: unknown): boolean {
  return isRecord(at(schema, "properties"));
}

function valuesOf(schema: unknown): readonly string[] | undefined {
  const values = at(schema, "enum");
  return Array.isArray(values) ? values.map((value) => `\`${String(value)}\``) : undefined;
}

function entriesOf(section: unknown): readonly (readonly [string, unknown])[] {
  return isRecord(section) ? Object.entries(section) : [];
}

/** GitHub's anchor of a heading keeps letters, digits and dashes. */
function linkTo(name: string): string {
  return `[${name}](#${name.toLowerCase().replace(/[^a-z0-9-]/g, "")})`;
}

function sentence(text: string): string {
  return text === "" || text.endsWith(".") ? text : `${text}.`;
}

function cell(text: string): string {
  return text.replace(/[|*<]/g, "\\$&");
}
