/**
 * Generates the validator with which fleet-summary reads reports: a part of report.schema.json, compiled by ajv to a module
 * without imports. `npm run docs` and `npm run build` write it; a test checks that the committed files are current.
 */
import { readFileSync } from "node:fs";
import Ajv from "ajv";
import standaloneCode from "ajv/dist/standalone/index.js";
import { transformSync } from "esbuild";

const SCHEMA = new URL("../report.schema.json", import.meta.url);
const MODULE = "src/actions/fleet-summary/report-validator.generated";

/** Any text: a later version may add values to the list of the schema. */
const OPEN = "open";

/**
 * The properties that fleet-summary reads, and so the ones that a report must have. `true` takes a property as the schema has it, {@link OPEN} any text;
 * an object picks from the properties of an object, or of the items of an array. Everything else in a report is ignored.
 */
const READ = {
  schemaVersion: true,
  mode: true,
  status: true,
  finishedAt: true,
  cluster: { id: true, name: true, location: true },
  mesh: { redirectionMechanism: { after: true }, revisions: true },
  checks: { title: true, id: OPEN, result: true, message: true, remedy: true },
  // Optional: reports of earlier releases do not have them.
  diagnosis: { cause: OPEN, consequences: OPEN, message: true, remedy: true, commands: true },
  missingRights: { action: true, scope: true, role: true },
  counts: { after: { podsInMesh: true, podsRedirected: true, agentsReady: true, agentsDesired: true } },
  lastWrites: { at: true, by: true, application: true, status: true },
  run: { url: true },
  // Optional. A failed run is worth showing even if the text of its error is incomplete.
  error: {},
};

/** The generated files: text by path from the root of the repository. */
export function renderReportValidator() {
  const schema = JSON.parse(readFileSync(SCHEMA, "utf8"));
  const { schemaVersion, ...part } = READ;
  const ajv = new Ajv({ code: { source: true, esm: true }, messages: false, validateFormats: false });
  // The version comes first: the rest describes this version only, and validation stops at the first mismatch.
  const validate = ajv.compile({ allOf: [pick(schema, schema, { schemaVersion }), pick(schema, schema, part)] });
  const { code } = transformSync(standaloneCode(ajv, validate), { format: "esm", minify: true });
  const header = "// Generated from report.schema.json by scripts/report-validator.mjs (npm run docs).\n";
  return {
    [`${MODULE}.js`]: `${header}${code}`,
    [`${MODULE}.d.ts`]: `${header}/** The part of a report that fleet-summary reads. */
export type ReportPart = ${typeOf(pick(schema, schema, part))};

/** A difference from the schema: where (a JSON pointer), and the keyword of JSON Schema with its parameters. */
export interface Mismatch {
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Checks the part of a report that fleet-summary reads. After \`false\`, \`errors\` has the first mismatch. */
export declare const validate: { (json: unknown): json is ReportPart; readonly errors?: readonly Mismatch[] | null };
`,
  };
}

/** The part of a schema that `wanted` names, with references resolved and without descriptions. */
function pick(root, schema, wanted) {
  const { $ref, description, ...own } = schema;
  if (wanted === OPEN && own.type !== "array") return { type: "string" };
  if ($ref !== undefined) return pick(root, root.$defs[$ref.replace("#/$defs/", "")], wanted);
  if (own.type === "array") return { type: "array", items: pick(root, own.items, wanted) };
  if (own.type !== "object") return own;
  const names = Object.keys(wanted);
  const unknown = names.filter((name) => own.properties[name] === undefined);
  if (unknown.length > 0) throw new Error(`report.schema.json has no ${unknown.join(", ")}`);
  return {
    type: "object",
    required: names.filter((name) => own.required?.includes(name) ?? false),
    properties: Object.fromEntries(names.map((name) => [name, pick(root, own.properties[name], wanted[name])])),
  };
}

/** The TypeScript type of what a picked schema accepts. */
function typeOf({ type, enum: values, const: value, items, properties, required }) {
  if (value !== undefined) return JSON.stringify(value);
  if (values !== undefined) return values.map((one) => JSON.stringify(one)).join(" | ");
  if (type === "array") return `ReadonlyArray<${typeOf(items)}>`;
  if (type === "integer") return "number";
  if (type !== "object") return type;
  const fields = Object.entries(properties).map(([name, schema]) => `readonly ${name}${required.includes(name) ? "" : "?"}: ${typeOf(schema)};`);
  return fields.length === 0 ? "object" : `{ ${fields.join(" ")} }`;
}
