/**
 * Writes what is generated and committed: the tables of README.md, docs/reference.md and docs/fleet.md from the action.yml files,
 * docs/report.md from report.schema.json, the reference of docs/troubleshooting.md from src/lib/error-table.ts (each between `generated`
 * markers), the report validator of fleet-summary, and istio-cni/action.yml.
 *
 *     npm run docs              writes the files
 *     npm run docs -- --check   writes nothing, and fails if a file is not current
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { KUBE_ACCESS, MODES, REGISTER_FEATURE, RESTART_WORKLOADS, STATUSES } from "../src/contract.ts";
import { at, isRecord, textAt } from "../src/lib/json.ts";
import { ERROR_TABLE, type ErrorRow } from "../src/lib/error-table.ts";
import { renderReportExample, renderReportReference } from "./report-reference.ts";
import { renderReportValidator } from "./report-validator.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** An input or an output of action.yml. */
export interface Declared {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
  /** The default; undefined if there is none. */
  readonly fallback: string | undefined;
}

/** What action.yml declares. */
export interface ActionFile {
  readonly inputs: readonly Declared[];
  readonly outputs: readonly Declared[];
}

/** @param path from the root of the repository */
export function readActionFile(path = "action.yml"): ActionFile {
  const action: unknown = parse(readFileSync(`${ROOT}${path}`, "utf8"));
  return { inputs: declared(at(action, "inputs")), outputs: declared(at(action, "outputs")) };
}

function declared(section: unknown): readonly Declared[] {
  if (!isRecord(section)) return [];
  return Object.entries(section).map(([name, value]) => {
    const fallback = at(value, "default");
    return {
      name,
      description: textAt(value, "description"),
      required: at(value, "required") === true,
      fallback: fallback === undefined ? undefined : String(fallback),
    };
  });
}

/** Text of action.yml as Markdown: names of inputs, variables and labels are set as code. */
export function prose(text: string, inputs: readonly string[]): string {
  const names = inputs.filter((name) => name.includes("-")).sort((a, b) => b.length - a.length);
  const code = new RegExp(`(?<![\\w/-])(?:${[...names, "istio\\.io/rev", "[A-Z]+(?:_[A-Z]+)+", "Azure(?:China)?Cloud|AzureUSGovernment", "istio-cni-report\\.json"].join("|")})(?![\\w/-])`, "g");
  return cell(text).replace(code, "`$&`");
}

/** By input or output: finds its values in its description. */
const VALUES: Readonly<Record<string, RegExp>> = {
  mode: new RegExp(`(?<!drift )\\b(?:${MODES.join("|")})\\b`, "g"),
  "register-feature": new RegExp(`\\b(?:${REGISTER_FEATURE.join("|")})\\b`, "g"),
  "restart-workloads": new RegExp(`\\b(?:${RESTART_WORKLOADS.join("|")})\\b`, "g"),
  "kube-access": new RegExp(`\\b(?:${KUBE_ACCESS.join("|")})\\b`, "g"),
  status: new RegExp(`\\b(?:${STATUSES.join("|")})\\b(?= \\(|\\.$)`, "g"),
};

function describe({ name, description }: Declared, inputs: readonly string[]): string {
  const values = VALUES[name];
  const text = prose(description, inputs);
  return values === undefined ? text : text.replace(values, "`$&`");
}

/** Escapes what would break a table or start Markdown. */
function cell(text: string): string {
  return text.replace(/\s+/g, " ").trim().replace(/[|*<]/g, "\\$&");
}

/** The first sentence of a description. */
function inShort(declared: Declared): Declared {
  return { ...declared, description: /^.+?\.(?= |$)/.exec(declared.description)?.[0] ?? declared.description };
}

/** What a table has of each description: its first sentence, for an overview, or all of it. */
function shortened({ inputs, outputs }: ActionFile): ActionFile {
  return { inputs: inputs.map(inShort), outputs: outputs.map(inShort) };
}

function inputsTable(action: ActionFile): string {
  const names = action.inputs.map(({ name }) => name);
  const rows = action.inputs.map((input) => {
    const standard = input.required ? "required" : input.fallback === undefined ? "" : `\`${input.fallback}\``;
    return `| \`${input.name}\` | ${standard} | ${describe(input, names)} |`;
  });
  return ["| Input | Default | Meaning |", "| :-- | :-- | :-- |", ...rows].join("\n");
}

function outputsTable(action: ActionFile): string {
  const names = action.inputs.map(({ name }) => name);
  const rows = action.outputs.map((output) => `| \`${output.name}\` | ${describe(output, names)} |`);
  return ["| Output | Value |", "| :-- | :-- |", ...rows].join("\n");
}

function errorReference(): string {
  const index = ERROR_TABLE.map(({ id, symptom }) => `| [\`${id}\`](#${id}) | ${cell(symptom)} |`);
  return [
    ["| Row | What the log says |", "| :-- | :-- |", ...index].join("\n"),
    ...ERROR_TABLE.map(errorSection),
  ].join("\n\n");
}

function errorSection({ id, symptom, services, statuses, remedy, permanent }: ErrorRow): string {
  const [text = "", ...commands] = remedy.split("\n");
  return [
    `### ${id}`,
    `**You see:** ${cell(symptom)}.`,
    `**Do:** ${cell(text)}`,
    ...(commands.length === 0 ? [] : [["```sh", ...commands, "```"].join("\n")]),
    `**From:** ${services.join(", ")}${statuses === undefined ? "" : ` (status ${statuses.join(", ")})`}. ${permanent ? "Permanent: a retry fails until the cause is fixed." : "Possibly temporary: run again."}`,
  ].join("\n\n");
}

function reportSchema(): unknown {
  const schema: unknown = JSON.parse(readFileSync(`${ROOT}report.schema.json`, "utf8"));
  return schema;
}

/** The files with generated parts, and the function that renders each part. */
const FILES: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
  "README.md": { inputs: () => inputsTable(shortened(readActionFile())), outputs: () => outputsTable(shortened(readActionFile())) },
  "docs/reference.md": { inputs: () => inputsTable(readActionFile()), outputs: () => outputsTable(readActionFile()) },
  "docs/troubleshooting.md": { errors: errorReference },
  "docs/report.md": { report: () => renderReportReference(reportSchema()), example: () => renderReportExample(reportSchema()) },
  "docs/fleet.md": {
    "discover-inputs": () => inputsTable(readActionFile("discover/action.yml")),
    "discover-outputs": () => outputsTable(readActionFile("discover/action.yml")),
    "summary-inputs": () => inputsTable(readActionFile("fleet-summary/action.yml")),
    "summary-outputs": () => outputsTable(readActionFile("fleet-summary/action.yml")),
  },
};

/** Each generated file, and each file with generated parts: what it contains, and what it should contain. */
export function generatedFiles(): readonly { readonly path: string; readonly now: string; readonly wanted: string }[] {
  const pages = Object.entries(FILES).map(([path, parts]) => {
    const now = readFileSync(`${ROOT}${path}`, "utf8");
    return { path, now, wanted: Object.entries(parts).reduce((text, [name, render]) => replacePart(path, text, name, render()), now) };
  });
  const modules = Object.entries(renderReportValidator()).map(([path, wanted]) => ({ path, now: existsSync(`${ROOT}${path}`) ? readFileSync(`${ROOT}${path}`, "utf8") : "", wanted }));
  const copy = { path: NAMED_ACTION, now: existsSync(`${ROOT}${NAMED_ACTION}`) ? readFileSync(`${ROOT}${NAMED_ACTION}`, "utf8") : "", wanted: namedAction() };
  return [...pages, ...modules, copy];
}

/** The main action under a path of its own: `uses: $/` needs one, the root of a repository has none (actions/runner, TryParseSelfRepository). */
const NAMED_ACTION = "istio-cni/action.yml";

function namedAction(): string {
  const main = readFileSync(`${ROOT}action.yml`, "utf8").replace(/^( +main: )(dist\/)/m, "$1../$2");
  return `# Generated from action.yml (npm run docs): the same action, for workflows of this repository that name it as $/istio-cni.\n${main}`;
}

function replacePart(path: string, text: string, name: string, content: string): string {
  const open = `<!-- generated: ${name} (npm run docs) -->`;
  const close = `<!-- end of generated: ${name} -->`;
  const from = text.indexOf(open);
  const to = text.indexOf(close);
  if (from < 0 || to < from) throw new Error(`${path} has no "${open}" followed by "${close}"`);
  return `${text.slice(0, from + open.length)}\n\n${content}\n\n${text.slice(to)}`;
}

function main(): void {
  const check = process.argv.includes("--check");
  const stale = generatedFiles().filter(({ now, wanted }) => now !== wanted);
  for (const { path, wanted } of stale) {
    if (!check) writeFileSync(`${ROOT}${path}`, wanted);
    console.log(check ? `${path} is not current: run npm run docs` : `wrote ${path}`);
  }
  if (stale.length === 0) console.log("The generated files are current.");
  if (check && stale.length > 0) process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
